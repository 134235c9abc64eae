"""How much of files is taken."""

from __future__ import annotations

MAX_FILE_BYTES = 10_000_000
"""Largest file. A novel as a PDF has about a million bytes; the page's own limit in
``.chainlit/config.toml`` says the same."""
MAX_FILES = 5
"""Most files of one message."""
READING_SECONDS = 30.0
"""How long the reading of one file may take. Five hundred pages take a few seconds."""
READING_MEMORY = 1 << 30
"""Bytes of address space of the process that reads, where the system can limit it."""
MAX_UNPACKED_BYTES = 100_000_000
"""What a document may unpack to: ten times the largest file."""
