"""What stands around the chat on its port: protection, and our own addresses."""

from __future__ import annotations

import locale
import os
import sys
from collections.abc import Iterable, Mapping
from typing import NoReturn

from starlette.applications import Starlette
from starlette.middleware import Middleware

from services.addresses import is_loopback
from services.api.guard import Guard
from services.api.language import ReaderLanguage
from services.api.page import OfflinePage
from services.api.transfer import Transfer
from services.errors import NearsideError
from services.settings import Settings, load_settings
from services.texts import language_of


def settings_for(host: str, environ: Mapping[str, str]) -> Settings:
    """The settings for a server on ``host``; ends the program if one is wrong."""
    try:
        settings = load_settings(environ)
    except NearsideError as error:
        give_up(error)
    # A name of its own tells of a proxy that lets other computers in.
    reached = [name for name in (host, *settings.hosts) if not is_loopback(name)]
    if reached and settings.password is None:
        give_up(NearsideError("start.password_needed", host=reached[0]))
    return settings


def protect(app: Starlette, host: str, names: Iterable[str], *, login: bool) -> None:
    """Close ``app`` to strangers, and make its page load without the internet.

    ``names`` are further names by which the server may be called; ``login`` says
    that one signs in by a password.
    """
    app.add_middleware(Transfer)
    app.add_middleware(ReaderLanguage)
    app.add_middleware(Guard, exposed=not is_loopback(host), hosts=tuple(names))
    # Innermost, where the page is not compressed yet.
    app.user_middleware.append(Middleware(OfflinePage, login=login))


def give_up(error: NearsideError) -> NoReturn:
    """Say what is wrong, in the language of the system, and end with status 2."""
    print(error.sentence(language_of(locale.getlocale()[0])), file=sys.stderr, flush=True)
    os._exit(2)
