"""The text of a Word document. Imported by the process that reads alone."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import docx
from docx.opc.exceptions import OpcError
from docx.oxml.ns import qn
from docx.oxml.parser import parse_xml

from services.errors import FileError
from services.files.gathered import Gathered
from services.files.limits import MAX_UNPACKED_BYTES

_PARAGRAPH, _ROW, _CELL = qn("w:p"), qn("w:tr"), qn("w:tc")
_RUNS = {qn("w:t"): None, qn("w:tab"): "\t", qn("w:br"): "\n", qn("w:cr"): "\n"}


def word_text(data: bytes) -> str:
    """Headers, text, tables (a row on a line), footnotes and footers.

    Raises:
        FileError: it is damaged, or unpacks to far more than it is.
    """
    gathered = Gathered("\n")
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            # Nothing is unpacked beyond what the list of contents says.
            if sum(entry.file_size for entry in archive.infolist()) > MAX_UNPACKED_BYTES:
                raise FileError("error.file_bomb")
        document = docx.Document(BytesIO(data))
        around = _around(document.part)
        for part in (*around["header"], document.element, *around["footnotes"], *around["footer"]):
            for line in _lines(part):
                gathered.add(line)
    except (OpcError, zipfile.BadZipFile, ValueError, KeyError, SyntaxError, OSError):
        # A syntax error is what the XML library says of damaged XML.
        raise FileError("error.file_damaged") from None
    if not gathered.text.strip():
        raise FileError("error.file_empty")
    return gathered.text


def _around(part: Any) -> dict[str, list[Any]]:
    """What stands around the text of a document, by its kind."""
    found: dict[str, list[Any]] = {"header": [], "footnotes": [], "footer": []}
    for relation in part.rels.values():
        kind = relation.reltype.rpartition("/")[2]
        if kind in found and not relation.is_external:
            found[kind].append(parse_xml(relation.target_part.blob))
    return found


def _lines(element: Any) -> Iterator[str]:
    """The paragraphs below ``element``, those of text boxes and content controls too."""
    for child in element:
        if child.tag == _PARAGRAPH:
            yield _words(child)
        elif child.tag == _ROW:
            yield "\t".join(" ".join(_lines(cell)) for cell in child if cell.tag == _CELL)
        else:
            yield from _lines(child)


def _words(paragraph: Any) -> str:
    pieces = []
    for node in paragraph.iter(*_RUNS):
        pieces.append(_RUNS[node.tag] or node.text or "")
    return "".join(pieces)
