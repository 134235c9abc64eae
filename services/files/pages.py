"""The text of a PDF. Imported by the process that reads alone."""

from __future__ import annotations

from io import BytesIO

from pypdf import PasswordType, PdfReader
from pypdf.errors import DependencyError, PyPdfError

from services.errors import FileError
from services.files.gathered import Gathered


def pdf_text(data: bytes) -> str:
    """All pages, one below the other.

    Raises:
        FileError: it has a password, is damaged, or holds pictures of text only.
    """
    gathered = Gathered("\n\n")
    try:
        reader = PdfReader(BytesIO(data))
        # Many are locked against changes only and open with an empty password.
        if reader.is_encrypted and reader.decrypt("") is PasswordType.NOT_DECRYPTED:
            raise FileError("error.file_locked")
        for page in reader.pages:
            gathered.add(page.extract_text())
    except DependencyError:
        raise FileError("error.file_locked") from None
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, IndexError):
        # What the library raises at files that keep to no standard.
        raise FileError("error.file_damaged") from None
    text = gathered.text
    if not text.strip():
        raise FileError("error.file_scanned")
    return text
