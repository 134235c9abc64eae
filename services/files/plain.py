"""Text in the encodings that people meet."""

from __future__ import annotations

import codecs
import re

from services.errors import FileError

_MARKED = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # begins like UTF-16, so it is looked for first
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_GUESSED = ("utf-8", "cp1252")
"""Windows-1252 takes nearly every byte, so it comes last."""

_NOT_TEXT = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
"""Control characters that no text has: all but white space and escape (colours)."""


def decoded(data: bytes) -> str:
    """The text of ``data``: by its byte order mark, else UTF-8, else Windows-1252.

    Raises:
        FileError: it is no text.
    """
    marked = [encoding for mark, encoding in _MARKED if data.startswith(mark)]
    for encoding in marked[:1] or _GUESSED:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if not _NOT_TEXT.search(text):
            return text
    raise FileError("error.file_binary")
