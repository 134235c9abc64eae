"""The text of web pages and mails, as a reader sees it.

In their raw form, codes such as ``&nbsp;`` and ``=C3=BC`` would hide private words
from the privacy check and the sense from a model.
"""

from __future__ import annotations

import re
from email import message_from_bytes, policy
from email.message import EmailMessage
from html.parser import HTMLParser

from services.errors import FileError
from services.files.plain import decoded

_UNSEEN = frozenset({"script", "style", "template"})
_BLOCKS = frozenset(
    {"p", "div", "br", "li", "tr", "table", "section", "article", "header", "footer"}
    | {"h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "pre", "blockquote", "title", "hr"}
)
_SHOWN = ("From", "To", "Cc", "Date", "Subject")


def page_text(data: bytes) -> str:
    """The words of a web page, blocks on lines of their own.

    Raises:
        FileError: it is no text, or holds no words.
    """
    return _said(_visible(decoded(data)))


def mail_text(data: bytes) -> str:
    """Sender, receivers, subject and text of a mail; what is attached is only named.

    Raises:
        FileError: it holds no words.
    """
    mail = message_from_bytes(data, policy=policy.default)
    if not isinstance(mail, EmailMessage):
        raise FileError("error.file_damaged")
    lines = [f"{name}: {mail[name]}" for name in _SHOWN if mail[name]]
    body = mail.get_body(("plain", "html"))
    if body is not None:
        content = body.get_content()
        text = _visible(content) if body.get_content_subtype() == "html" else content
        lines += ["", text.strip()]
    lines += [f"[{part.get_filename() or '?'}]" for part in mail.iter_attachments()]
    return _said("\n".join(lines))


def _said(text: str) -> str:
    if not text.strip():
        raise FileError("error.file_empty")
    return text


def _visible(html: str) -> str:
    reader = _Reader()
    reader.feed(html)
    reader.close()
    lines = (" ".join(line.split()) for line in "".join(reader.pieces).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


class _Reader(HTMLParser):
    """Collects what is visible; entities are resolved by the base class."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._unseen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _UNSEEN:
            self._unseen += 1
        self._mark(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in _UNSEEN and self._unseen:
            self._unseen -= 1
        self._mark(tag)

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.pieces.append(data.replace("\n", " "))

    def _mark(self, tag: str) -> None:
        if tag in _BLOCKS:
            self.pieces.append("\n")
        elif tag in {"td", "th"}:
            self.pieces.append(" ")
