"""Base64 text that hides something private."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterator

from services.routing.detectors import Span

_TOKEN = re.compile(r"(?<![\w+/=-])[A-Za-z0-9+/_-]{16,20000}={0,2}(?![\w+/=-])")


def encoded(text: str, is_private: Callable[[str], bool]) -> Iterator[Span]:
    """Base64 words whose decoded text ``is_private``; one level deep."""
    for match in _TOKEN.finditer(text):
        plain = _decoded(match[0])
        if plain is not None and is_private(plain):
            yield "secret", match.start(), match.end()


def _decoded(token: str) -> str | None:
    core = token.rstrip("=").replace("-", "+").replace("_", "/")
    if len(core) % 4 == 1:
        return None
    try:
        text = base64.b64decode(core + "=" * (-len(core) % 4), validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return text if text.isprintable() or "\n" in text else None
