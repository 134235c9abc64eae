"""The process that reads a file with a structure.

Started as ``python -m services.files.worker KIND`` with the file on standard input;
writes one JSON object to standard output: ``text``, or the ``key`` of a sentence and
its ``values``. A file is a stranger's: it is read without a network, with little
memory, and by a process that can be ended at any time.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable

from services.backends.local.seal import close_network
from services.errors import FileError
from services.files.kinds import Kind
from services.files.limits import READING_MEMORY, READING_SECONDS


def read(kind: Kind, data: bytes) -> str:
    """The text of ``data``.

    Raises:
        FileError: there is none, or it cannot be read.
    """
    return _reader(kind)(data)


def _reader(kind: Kind) -> Callable[[bytes], str]:
    """Libraries are loaded only where they are needed."""
    if kind is Kind.PDF:
        from services.files.pages import pdf_text

        return pdf_text
    if kind is Kind.WORD:
        from services.files.word import word_text

        return word_text
    from services.files.markup import mail_text, page_text

    return mail_text if kind is Kind.MAIL else page_text


def _limit() -> None:
    """Bound memory and time where the system can; the application bounds time anyway."""
    if sys.platform == "win32":
        return
    import resource

    seconds = math.ceil(READING_SECONDS)
    for what, most in ((resource.RLIMIT_AS, READING_MEMORY), (resource.RLIMIT_CPU, seconds)):
        try:
            resource.setrlimit(what, (most, most))
        except (OSError, ValueError):
            continue  # macOS knows the first limit by name only


def main(kind: str) -> None:
    """Read standard input and answer on standard output."""
    close_network()
    _limit()
    try:
        answer = {"text": read(Kind(kind), sys.stdin.buffer.read())}
    except FileError as error:
        answer = {"key": error.text_key, **error.values}
    except (MemoryError, RecursionError):
        answer = {"key": "error.file_bomb"}
    sys.stdout.write(json.dumps(answer))


if __name__ == "__main__":
    main(sys.argv[1])
