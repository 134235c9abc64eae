"""``python run.py models``: list, download, remove, use, find."""

from __future__ import annotations

import asyncio
import locale
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from urllib.parse import urlsplit

from services.backends.discovery import USUAL, FoundServer, Place, find_servers
from services.bootstrap import nearby_gate
from services.errors import ModelError, NearsideError
from services.local_choice import BUILTIN, LocalChoice
from services.models.foundry import FoundryCatalog
from services.models.here import (
    give_up_what_is_gone,
    keep,
    present_models,
    remove_model,
    usable_name,
)
from services.models.meter import Progress
from services.models.wording import progress, size, table
from services.settings import load_settings
from services.texts import language_of, say

INTERRUPTED = 130
_SET = "NEARSIDE_LOCAL_MODEL"
_DIM = "\r\x1b[K"  # to the beginning of the line, and clear it


def main(arguments: Sequence[str], *, places: Sequence[Place] = USUAL) -> int:
    """Run one of the sub-commands; returns the exit status.

    0 it is done, 1 it failed, 2 it was asked for something that cannot be,
    130 after Ctrl+C.
    """
    language = system_language(os.environ)
    try:
        return Models(language, places).run(list(arguments))
    except NearsideError as error:
        print(error.sentence(language), file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(file=sys.stderr)
        return INTERRUPTED


def system_language(environ: Mapping[str, str], system: str = sys.platform) -> str:
    """The language of the terminal: ``de`` when the system speaks German, else ``en``."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if environ.get(name):
            return language_of(environ[name])
    if system == "win32" and (locale.getlocale()[0] or "").lower().startswith("german"):
        return "de"
    return "en"


class Models:
    """The sub-commands, speaking ``language``."""

    def __init__(self, language: str, places: Sequence[Place]) -> None:
        self._language = language
        self._places = places
        self._settings = load_settings()
        self._data = self._settings.data_dir
        self._catalog = FoundryCatalog(
            self._data, os.environ, catalog_url=self._settings.catalog_url
        )

    def run(self, arguments: list[str]) -> int:
        """Run the sub-command that ``arguments`` name; ``list`` without one.

        Raises:
            NearsideError: it cannot be done; says why.
        """
        simple: dict[str, Callable[[], int]] = {"list": self.show, "find": self.find}
        with_name = {"download": self.download, "remove": self.remove, "use": self.use}
        name, *rest = arguments or ["list"]
        if name in simple and not rest:
            return simple[name]()
        if name in with_name and len(rest) == 1:
            return with_name[name](rest[0])
        raise ModelError("models.usage")

    def show(self) -> int:
        """What is here, at once; then what the catalog offers."""
        here = present_models(self._data, self._settings.local_model)
        used = None if self._settings.local_url else self._settings.local_model.lower()
        rows = [
            [
                model.name,
                size(model.size / 2**20, self._language),
                self._state(model.whole, model.name.lower() == used),
            ]
            for model in here
        ]
        self._say("models.here")
        print(table(rows), flush=True)
        try:
            offers = self._catalog.offers()
        except ModelError as error:
            print("\n" + error.sentence(self._language))
            return 0
        head = [say(f"models.column_{name}", self._language) for name in _COLUMNS]
        listed = [
            [
                offer.alias,
                size(offer.size_mb, self._language),
                offer.licence or "–",
                offer.task or "–",
                offer.device or "–",
                say("models.state_here", self._language) if offer.here else "",
            ]
            for offer in offers
        ]
        self._say("models.offered", before="\n")
        print(table([[*head, ""], *listed]))
        return 0

    def download(self, alias: str) -> int:
        """Fetch a model; Ctrl+C keeps what has come."""
        calm = _Line(sys.stdout.isatty(), self._language)
        try:
            self._catalog.download(alias, calm.tell)
        except KeyboardInterrupt:
            calm.end()
            self._say("models.cancelled", model=alias)
            return INTERRUPTED
        calm.end()
        self._say("models.downloaded", model=alias)
        return 0

    def remove(self, name: str) -> int:
        """Delete a download; a model in use gives way to the built-in one."""
        freed = remove_model(self._data, name)
        self._say("models.removed", model=name, size=size(freed / 2**20, self._language))
        if give_up_what_is_gone(self._data):
            self._say("models.chosen", model=BUILTIN)
        return 0

    def use(self, value: str) -> int:
        """Note the model for the next start; a set variable wins over it."""
        name = usable_name(self._data, value)
        keep(self._data, LocalChoice(name))
        self._say("models.chosen", model=name)
        if pinned := self._settings.local_pinned:
            host = urlsplit(self._settings.local_url or "").hostname  # a password may stand before
            self._say("models.variable_wins", name=pinned, model=host or self._settings.local_model)
        return 0

    def find(self) -> int:
        """Model servers that run on this computer, and how to use each."""
        found = asyncio.run(_found(self._places))
        if not found:
            self._say("models.none_found")
            return 0
        for number, server in enumerate(found):
            before = "\n" if number else ""
            self._say("models.found", before, name=server.place.name, url=server.place.url)
            names = server.models[:_SHOWN]
            print(table([[name] for name in names]) if names else "  –")
            if more := len(server.models) - len(names):
                self._say("models.found_more", "  ", count=str(more))
            print(say("models.found_line", self._language))
            lines = [f"NEARSIDE_LOCAL_URL={server.place.url}"]
            lines += [f"{_SET}={name}" for name in names[:1]]
            print("\n".join(f"  {line}" for line in lines))
        return 0

    def _state(self, whole: bool, used: bool) -> str:
        if not whole:
            return say("models.state_partial", self._language)
        return say("models.state_used", self._language) if used else ""

    def _say(self, key: str, before: str = "", **values: str) -> None:
        print(before + say(key, self._language, **values), flush=True)


async def _found(places: Sequence[Place]) -> list[FoundServer]:
    gate = nearby_gate()
    try:
        return await find_servers(gate.local_client, places)
    finally:
        await gate.aclose()


_SHOWN = 10
_COLUMNS = ("name", "size", "licence", "task", "device")


class _Line:
    """Progress on one line of a terminal; in a file or pipe, a line every 10 %."""

    def __init__(self, terminal: bool, language: str) -> None:
        self._terminal = terminal
        self._language = language
        self._told = -1
        self._shown = False

    def tell(self, state: Progress) -> None:
        """Show how far it is."""
        text = progress(state, self._language)
        if self._terminal:
            print(_DIM + text, end="", flush=True)
            self._shown = True
        elif (step := int(state.percent // 10)) > self._told:
            self._told = step
            print(text, flush=True)

    def end(self) -> None:
        """Leave the line."""
        if self._shown:
            print()
