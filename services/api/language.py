"""One spelling for each language that we speak, whatever the browser says."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode

from starlette.types import ASGIApp, Receive, Scope, Send

from services.texts import language_of

TAGS = {"en": "en-US", "de": "de-DE"}
"""The framework's names of our languages, as in ``chainlit_de-DE.md``."""

_LOCALISED = ("/project/settings", "/project/translations")


class ReaderLanguage:
    """ASGI middleware: ``?language=de-AT`` becomes ``de-DE``, unknown ones ``en-US``.

    Without it a reader from Austria gets English: the framework looks for a file
    of exactly that name.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Rewrite the query of the two addresses that depend on the language."""
        if scope["type"] == "http" and scope["path"].endswith(_LOCALISED):
            query = dict(parse_qsl(scope["query_string"].decode("latin-1")))
            query["language"] = TAGS[language_of(query.get("language"))]
            scope = {**scope, "query_string": urlencode(query).encode("latin-1")}
        await self._app(scope, receive, send)
