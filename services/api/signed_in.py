"""Addresses for whoever is signed in, and the frame of Nearside's own pages."""

from __future__ import annotations

from html import escape

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from services.api.errors import error_body, error_response
from services.api.routes import Handler, UserOf
from services.errors import NearsideError
from services.texts import language_of, say

# Without the referrer policy a browser hides the origin of the page's requests, and
# the guard of the port would take them for those of another site.
_PAGE = """<!DOCTYPE html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="same-origin">
<title>{title} · Nearside</title>
<link rel="icon" href="/public/favicon.svg">
<link rel="stylesheet" href="/public/pages.css">
<script src="/public/pages.js"></script>
{head}</head>
<body><main><p><a href="/">{back}</a></p><h1>{title}</h1>{body}</main></body></html>
"""


def own_page(language: str, title: str, body: str, head: str = "") -> str:
    """A whole page; ``body`` and ``head`` are HTML, ``title`` is text."""
    back = escape(say("interface.back", language))
    return _PAGE.format(language=language, title=escape(title), back=back, body=body, head=head)


def for_user(handler: Handler, user_of: UserOf, otherwise: Handler) -> Handler:
    """``handler`` for whoever is signed in, ``otherwise`` for all others."""

    async def checked(request: Request) -> Response:
        try:
            signed_in = await user_of(request) is not None
            return await (handler if signed_in else otherwise)(request)
        except NearsideError as error:
            return error_response(error, reader_language(request))

    return checked


async def to_the_chat(request: Request) -> Response:
    """The chat's page signs in, or asks for the password."""
    return RedirectResponse("/", 303)


async def not_found(request: Request) -> Response:
    """As if there were nothing at this address."""
    sentence = say("interface.not_found", reader_language(request))
    return JSONResponse(error_body(sentence, "not_found"), 404)


def reader_language(request: Request) -> str:
    """The language of whoever asks."""
    return language_of(request.headers.get("accept-language"))
