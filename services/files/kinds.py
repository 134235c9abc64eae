"""What kind of file it is. Its own bytes count more than its name."""

from __future__ import annotations

import zipfile
from enum import StrEnum
from io import BytesIO
from pathlib import PurePath

from services.errors import FileError


class Kind(StrEnum):
    """How a file is read."""

    PLAIN = "plain"
    PDF = "pdf"
    WORD = "word"
    PAGE = "page"
    MAIL = "mail"


_PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM", b"II*\0", b"MM\0*", b"\0\0\1\0")
_OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""Documents of Office before 2007, and every newer one that has a password."""
_RICH_TEXT = b"{\\rtf"
_NEW_OFFICE = frozenset({".docx", ".xlsx", ".pptx", ".docm"})
_MARKUP = {".html": Kind.PAGE, ".htm": Kind.PAGE, ".xhtml": Kind.PAGE, ".eml": Kind.MAIL}


def kind_of(name: str, media_type: str, data: bytes) -> Kind:
    """How to read ``data``; only its beginning and its list of contents are looked at.

    Raises:
        FileError: it is empty, or of a kind that cannot be read.
    """
    if not data.strip():
        raise FileError("error.file_empty")
    ending = PurePath(name.lower()).suffix
    if b"%PDF-" in data[:1024]:
        return Kind.PDF
    if data.startswith(_OLD_OFFICE):
        raise FileError("error.file_locked" if ending in _NEW_OFFICE else "error.file_kind")
    if data.startswith(_RICH_TEXT):
        raise FileError("error.file_kind")
    if data.startswith(b"PK\3\4"):
        return _packed(data)
    _refuse_media(media_type, data)
    return _MARKUP.get(ending, Kind.PLAIN)


def _packed(data: bytes) -> Kind:
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError):
        raise FileError("error.file_damaged") from None
    if "word/document.xml" in names:
        return Kind.WORD
    raise FileError("error.file_kind")


def _refuse_media(media_type: str, data: bytes) -> None:
    """Say kindly that pictures, sound and films cannot be read."""
    riff = data[8:12] if data[:4] == b"RIFF" else b""
    # Pictures and films of this family begin with a length and this word.
    boxed = data[8:12] if data[4:8] == b"ftyp" else b""
    picture = data.startswith(_PICTURES) and b"\0" in data[:4096]
    if picture or riff == b"WEBP" or boxed in {b"heic", b"heix", b"mif1", b"avif"}:
        raise FileError("error.file_picture")
    if riff or boxed or media_type.startswith(("audio/", "video/")):
        raise FileError("error.file_media")
    if media_type.startswith("image/") and media_type != "image/svg+xml":
        raise FileError("error.file_picture")
