"""From a file to its text, or to one sentence why there is none."""

from __future__ import annotations

import asyncio
import codecs
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from services.errors import FileError
from services.files.reader import FileReader, named
from tests.documents import PICTURE, packed, pdf, word

MAIL = (
    b"From: =?utf-8?q?J=C3=BCrgen?= <j@example.org>\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n"
    b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n"
    b"\r\nHallo M=C3=BCller\r\n"
)
LETTER = (
    b"From: a@example.org\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    b"--b\r\nContent-Type: text/html\r\n\r\n<p>Tides &amp; ebb</p>\r\n"
    b"--b\r\nContent-Type: image/png; name=photo.png\r\n"
    b"Content-Disposition: attachment; filename=photo.png\r\n\r\nx\r\n--b--\r\n"
)
PAGE = b"<title>T</title><script>s()</script><p>IBAN <b>DE89</b>&nbsp;3704</p><tr><td>a<td>b"


@pytest_asyncio.fixture
async def reader() -> AsyncIterator[FileReader]:
    """A reader as the application has it."""
    opened = FileReader()
    yield opened
    await opened.aclose()


@pytest.mark.parametrize(
    ("name", "data", "text"),
    [
        ("a.txt", "Grüße 😀".encode(), "Grüße 😀"),
        ("a.csv", codecs.BOM_UTF8 + "ä;b".encode(), "ä;b"),
        ("a.log", "Grüße".encode("utf-16"), "Grüße"),
        ("a.log", codecs.BOM_UTF16_BE + "Grüße".encode("utf-16-be"), "Grüße"),
        ("a.txt", "Grüße".encode("utf-32"), "Grüße"),
        ("a.ini", "Grüße – 5 €".encode("cp1252"), "Grüße – 5 €"),
        ("Makefile", b"all:\n\techo \x1b[1mhi\x1b[0m\n", "all:\n\techo \x1b[1mhi\x1b[0m\n"),
        (
            "a.json",
            rb'{"n": "M\u00fcller \u0041\ud83d\ude00 \\u00fc \u0022"}',
            r'{"n": "Müller A😀 \\u00fc \u0022"}',
        ),
        ("a.xml", b"<n>M&#252;ller&#xA0;&#52; &#60;</n>", "<n>Müller\xa04 &#60;</n>"),
        ("a.txt", b"&#52; \\u0041", r"&#52; \u0041"),
        ("drawing.svg", b"<svg>a</svg>", "<svg>a</svg>"),
        ("a.pdf", pdf("Tides", "Ebb and flow"), "Tides\n\nEbb and flow"),
        ("no ending", pdf("Tides"), "Tides"),
        ("signed.pdf", pdf("Tides", owner="owner"), "Tides"),
        (
            "a.docx",
            word("Tides", rows=[["a", "b"], ["c", "d"]], header="Above", footer="Below"),
            "Above\nTides\na\tb\nc\td\nBelow",
        ),
        ("a.eml", MAIL, "From: Jürgen <j@example.org>\nSubject: Grüße\n\nHallo Müller"),
        ("a.eml", LETTER, "From: a@example.org\n\nTides & ebb\n[photo.png]"),
        ("a.html", PAGE, "T\n\nIBAN DE89 3704\n\na b"),
    ],
)
async def test_what_can_be_read(reader: FileReader, name: str, data: bytes, text: str) -> None:
    """Text in its encodings, PDF, Word, mails and web pages become plain text."""
    file = await reader.read(name, "", data)
    assert file.text.strip() == text.strip()
    assert (file.name, file.original) == (name, data)


@pytest.mark.parametrize(
    ("name", "media_type", "data", "key"),
    [
        ("a.txt", "text/plain", b"", "file_empty"),
        ("a.html", "text/html", b"<script>x</script>", "file_empty"),
        ("a.docx", "", word(), "file_empty"),
        ("a.png", "", PICTURE, "file_picture"),
        ("a.jpg", "image/jpeg", b"anything", "file_picture"),
        ("a.webp", "", b"RIFF\0\0\0\0WEBPVP8 ", "file_picture"),
        ("a.heic", "", b"\0\0\0\x18ftypheic", "file_picture"),
        ("a.mp4", "", b"\0\0\0\x18ftypisom", "file_media"),
        ("a.mp3", "audio/mpeg", b"ID3", "file_media"),
        ("a.xlsx", "", packed(xl__workbook_xml=b"<x/>"), "file_kind"),
        ("a.rtf", "", rb"{\rtf1 M\'fcller}", "file_kind"),
        ("a.doc", "", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "file_kind"),
        ("a.docx", "", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "file_locked"),
        ("a.pdf", "", pdf("x", password="secret"), "file_locked"),
        ("a.pdf", "", pdf("", ""), "file_scanned"),
        ("a.pdf", "", b"%PDF-1.7 and nothing else", "file_damaged"),
        ("a.docx", "", word("x")[:-40], "file_damaged"),
        ("a.docx", "", packed(word__document_xml=b"<broken"), "file_damaged"),
        ("a.docx", "", packed(word__document_xml=b"0" * 100_000_001), "file_bomb"),
        ("a.exe", "", b"MZ\x90\0\x03\0\0\0", "file_binary"),
        ("a.txt", "", b"\x81\x8d\xff", "file_binary"),
        ("a.txt", "", b"a" * 10_000_001, "file_too_large"),
        ("a.txt", "", b"a" * 1_000_001, "file_too_long"),
        ("a.pdf", "", pdf(*["a" * 10_000] * 101), "file_too_long"),
    ],
)
async def test_what_cannot_be_read(
    reader: FileReader, name: str, media_type: str, data: bytes, key: str
) -> None:
    """Each kind of trouble has its own sentence, which repeats nothing of the file."""
    with pytest.raises(FileError) as caught:
        await reader.read(name, media_type, data)
    assert caught.value.text_key == f"error.{key}"
    assert name not in caught.value.sentence("de")


def program(code: str) -> list[str]:
    return [sys.executable, "-c", code]


async def test_a_reading_that_hangs_is_ended() -> None:
    """A file that takes too long is given up in one sentence, and its process is gone."""
    reader = FileReader(0.05, lambda _: program("import time; time.sleep(3600)"))
    with pytest.raises(FileError) as caught:
        await reader.read("a.pdf", "", b"%PDF-")
    assert caught.value.text_key == "error.file_too_slow"
    await reader.aclose()


async def test_a_hang_holds_up_nothing_else(tmp_path: Path) -> None:
    """While files hang, plain work in threads goes on, and closing ends what hangs."""
    mark = tmp_path / "started"
    code = f"import time; open({str(mark)!r}, 'a').write('x'); time.sleep(3600)"
    reader = FileReader(3600, lambda _: program(code))
    hanging = [asyncio.create_task(reader.read("a.pdf", "", b"%PDF-")) for _ in range(2)]
    while not mark.exists() or len(mark.read_text()) < len(hanging):
        await asyncio.to_thread(lambda: None)
    await reader.aclose()
    ended = await asyncio.gather(*hanging, return_exceptions=True)
    assert [type(end) for end in ended] == [FileError, FileError]


async def test_a_reading_that_dies_is_told() -> None:
    """A process that the system ended, as for want of memory, is one sentence."""
    reader = FileReader(60, lambda _: program("import os; os.abort()"))
    with pytest.raises(FileError) as caught:
        await reader.read("a.docx", "", word("x"))
    assert caught.value.text_key == "error.file_bomb"
    await reader.aclose()


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("a\r\nb.txt", "a b.txt"),
        ("", "?"),
        ("C:\\Users\\me/a.txt", "a.txt"),
        ("Zo\u0308e\u202e.txt", "Zo\u0308e .txt"),
        ("x" * 300 + ".txt", "x" * 188 + "…" + "x" * 7 + ".txt"),
    ],
)
def test_a_name_is_one_short_line(given: str, kept: str) -> None:
    """Names come from anywhere; what is kept can be shown."""
    assert named(given) == kept
