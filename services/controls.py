"""The chat's controls as plain data: route picker, settings panel, first prompts, queue.

The shapes are those of the framework's socket events; see ``app.py``.
"""

from __future__ import annotations

from typing import Any

from services.domain import Mode, PrivatePolicy
from services.preferences import CONTEXTS, LENGTHS, STYLES, Preferences
from services.texts import say

_MODE_ICONS = {Mode.AUTO: "split", Mode.LOCAL: "laptop", Mode.CLOUD: "cloud"}
STARTERS = ("hello", "private", "hard", "leaving")
"""First prompts that show what the router does."""


def route_picker(language: str, picked: Mode = Mode.AUTO, *, cloud: bool) -> dict[str, Any]:
    """Auto, Local only, Cloud; ``cloud`` says whether one is set up.

    ``picked`` is what the conversation was last asked with.
    """
    if picked is Mode.CLOUD and not cloud:
        picked = Mode.AUTO
    options = []
    for mode, icon in _MODE_ICONS.items():
        key = f"interface.mode_{mode}_description"
        if mode is Mode.CLOUD and not cloud:
            key = "interface.mode_cloud_off"
        options.append(
            {
                "id": mode.value,
                "name": say(f"interface.mode_{mode}", language),
                "description": say(key, language),
                "icon": icon,
                "default": mode is picked,
            }
        )
    return {"id": "route", "name": say("interface.mode", language), "options": options}


def settings_panel(
    language: str, policy: PrivatePolicy, preferences: Preferences, *, temporary: bool
) -> list[dict[str, Any]]:
    """What a person can set for one conversation."""
    return [
        _select("policy", [choice.value for choice in PrivatePolicy], policy.value, language),
        {
            "type": "switch",
            "id": "temporary",
            "label": say("interface.temporary", language),
            "description": say("interface.temporary_description", language),
            "initial": temporary,
        },
        _select("length", list(LENGTHS), preferences.length, language),
        _select("style", list(STYLES), preferences.style, language),
        _select("context", list(CONTEXTS), preferences.context, language),
        {
            "type": "textinput",
            "id": "instructions",
            "label": say("interface.instructions", language),
            "description": say("interface.instructions_description", language),
            "initial": preferences.instructions,
            "multiline": True,
        },
    ]


def _select(name: str, choices: list[str], initial: str, language: str) -> dict[str, Any]:
    items = [{"value": c, "label": say(f"interface.{name}_{c}", language)} for c in choices]
    return {
        "type": "select",
        "id": name,
        "label": say(f"interface.{name}", language),
        "description": say(f"interface.{name}_description", language),
        "initial": initial,
        "items": items,
    }


def place_in_queue(ahead: int, language: str) -> str:
    """What stands in an answer's place while ``ahead`` others come first."""
    key = {0: "turn", 1: "waiting_one"}.get(ahead, "waiting")
    return say(f"interface.{key}", language, count=str(ahead))


def starters(language: str) -> list[dict[str, str]]:
    """The first prompts: label, message and icon of each."""
    return [
        {
            "label": say(f"interface.starter_{name}", language),
            "message": say(f"interface.starter_{name}_message", language),
            "icon": f"/public/starters/{name}.svg",
        }
        for name in STARTERS
    ]
