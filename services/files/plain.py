"""Text in the encodings that people meet."""

from __future__ import annotations

import codecs
import re
from html import unescape
from pathlib import PurePath

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


_JSON_CODE = re.compile(r"(?<!\\)((?:\\\\)*)\\u([0-9a-fA-F]{4})")
_XML_CODE = re.compile(r"&#(?:x[0-9a-fA-F]{1,6}|[0-9]{1,7});")
_CODED = {
    **dict.fromkeys((".json", ".jsonl", ".ndjson", ".ipynb", ".geojson"), _JSON_CODE),
    **dict.fromkeys((".xml", ".svg", ".rss", ".xsl", ".xsd"), _XML_CODE),
}
"""Files in which programs write letters as codes, by their ending."""


def uncoded(name: str, text: str) -> str:
    """``text`` with letters in place of their codes, as in ``M\\u00fcller``.

    Codes would hide a name from the privacy check. Signs that the format itself uses
    stay as they are.
    """
    pattern = _CODED.get(PurePath(name.lower()).suffix)
    return pattern.sub(_letter, text) if pattern else text


def _letter(code: re.Match[str]) -> str:
    if code.re is _XML_CODE:
        before, letter = "", unescape(code.group())
    else:
        before, letter = code[1], chr(int(code[2], 16))
    return before + letter if letter.isalnum() or letter >= "\xa0" else code.group()


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
