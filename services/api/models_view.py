"""The page "Models" as HTML, and what it shows as plain data. Pure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from services.api.signed_in import own_page
from services.backends.discovery import FoundServer
from services.local_choice import BUILTIN, LocalChoice
from services.models.downloads import Download
from services.models.manager import Overview, Switch
from services.models.offer import Offer, Present
from services.models.wording import progress, size
from services.texts import catalog, say

_TOPIC = "manage."
_HEAD = (
    '<link rel="stylesheet" href="/public/models.css">\n'
    '<script src="/public/models.js" defer></script>\n'
)


def models_page(language: str, state: dict[str, Any]) -> str:
    """The whole page; the browser draws it from its words and ``state``."""
    words = {
        key.removeprefix(_TOPIC): sentence
        for key, sentence in catalog(language).items()
        if key.startswith(_TOPIC)
    }
    data = json.dumps({"words": words, "state": state}).replace("<", "\\u003c")
    body = f'<script type="application/json" id="data">{data}</script><div id="models"></div>'
    return own_page(language, say("manage.title", language), body, _HEAD)


def overview_json(overview: Overview, pinned: str | None, language: str) -> dict[str, Any]:
    """The body of ``GET /api/models``."""
    used = overview.used
    reported = overview.status.model
    return {
        "used": {
            "model": used.model or reported or "",
            "label": _label(used.model or reported or "–", language),
            "server": _server(used),
            "state": overview.status.state,
        },
        "pinned": say("error.model_pinned", language, name=pinned) if pinned else None,
        "here": [_present(model, used, language) for model in overview.here],
        "free": size(overview.free / 2**20, language),
        "download": overview.download and _download(overview.download, language),
        "switch": overview.switch and _switch(overview.switch, language),
    }


def offers_json(offers: Sequence[Offer], language: str) -> list[dict[str, Any]]:
    """The catalog's models; ``size`` is ready to be shown, ``size_mb`` is in MiB."""
    return [
        {**offer.as_json(), "size": size(offer.size_mb, language), "task": _task(offer, language)}
        for offer in offers
    ]


def servers_json(servers: Sequence[FoundServer]) -> list[dict[str, Any]]:
    """The model servers that answered."""
    return [
        {"name": server.place.name, "url": server.place.url, "models": list(server.models)}
        for server in servers
    ]


def _present(model: Present, used: LocalChoice, language: str) -> dict[str, Any]:
    return {
        "name": model.name,
        "label": _label(model.name, language),
        "kind": model.kind,
        "size": size(model.size / 2**20, language),
        "whole": model.whole,
        "used": used.url is None and model.name.lower() == used.model.lower(),
    }


def _download(download: Download, language: str) -> dict[str, Any]:
    state = download.progress
    return {
        "model": download.alias,
        "running": download.running,
        "percent": state.percent if state else 0.0,
        "done_mb": state.done_mb if state else None,
        "mb_per_second": state.speed if state else None,
        "seconds_left": state.seconds_left if state else None,
        "text": progress(state, language).strip() if state else "",
        "error": download.error.sentence(language) if download.error else None,
    }


def _switch(switch: Switch, language: str) -> dict[str, Any]:
    return {
        "model": switch.choice.model,
        "label": _label(switch.choice.model, language),
        "server": _server(switch.choice),
        "running": switch.running,
        "error": switch.error.sentence(language) if switch.error else None,
    }


def _server(choice: LocalChoice) -> str | None:
    """The server as a person knows it: without what may stand before the host."""
    return urlsplit(choice.url).netloc.rpartition("@")[2] if choice.url else None


def _label(model: str, language: str) -> str:
    return say("interface.model_builtin", language) if model.lower() == BUILTIN else model


def _task(offer: Offer, language: str) -> str:
    """The catalog's word, in lay words where it is one that we know."""
    key = f"manage.task_{offer.task.replace('-', '_')}"
    return catalog(language).get(key, offer.task)
