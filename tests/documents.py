"""Small files for the tests, made on the spot."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Sequence
from io import BytesIO

import docx
from pypdf import PdfWriter
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

PICTURE = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00"


def pdf(*pages: str, password: str | None = None, owner: str | None = None) -> bytes:
    """A PDF with one line on each page; ``""`` is a page without text, as of a scanner.

    ``password`` is needed to open it, ``owner`` to change it.
    """
    writer = PdfWriter()
    font = DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Font"),
            NameObject("/Subtype"): NameObject("/Type1"),
            NameObject("/BaseFont"): NameObject("/Helvetica"),
            NameObject("/Encoding"): NameObject("/WinAnsiEncoding"),
        }
    )
    for text in pages:
        page = writer.add_blank_page(300, 300)
        fonts = DictionaryObject({NameObject("/F1"): font})
        page[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts})
        content = DecodedStreamObject()
        shown = text.replace("(", r"\(").replace(")", r"\)").encode("cp1252")
        content.set_data(b"BT /F1 12 Tf 20 200 Td (" + shown + b") Tj ET" if text else b"")
        page[NameObject("/Contents")] = writer._add_object(content)
    if password is not None or owner is not None:
        writer.encrypt(password or "", owner, algorithm="AES-256")
    return _written(writer.write)


def word(
    *paragraphs: str, rows: Sequence[Sequence[str]] = (), header: str = "", footer: str = ""
) -> bytes:
    """A Word document with a table below its paragraphs."""
    document = docx.Document()
    for text in paragraphs:
        document.add_paragraph(text)
    if rows:
        table = document.add_table(len(rows), len(rows[0]))
        for number, row in enumerate(rows):
            for column, text in enumerate(row):
                table.cell(number, column).text = text
    if header:
        document.sections[0].header.paragraphs[0].text = header
    if footer:
        document.sections[0].footer.paragraphs[0].text = footer
    return _written(document.save)


def packed(**files: bytes) -> bytes:
    """A zip file; ``__`` in a name stands for a slash, ``_`` for a dot."""
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name.replace("__", "/").replace("_", "."), data)
    return buffer.getvalue()


def _written(write: Callable[[BytesIO], object]) -> bytes:
    buffer = BytesIO()
    write(buffer)
    return buffer.getvalue()
