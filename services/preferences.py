"""How a person wants one conversation to be answered.

The values are those of the settings panel, which come from a browser or from
the history, so nothing is taken for granted about them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from services.domain import GenerationOptions

LENGTHS: Mapping[str, int | None] = {"model": None, "short": 250, "medium": 800, "long": 3000}
"""Choice -> longest answer in tokens; a token is about three quarters of a word."""

STYLES: Mapping[str, float | None] = {
    "model": None,
    "exact": 0.0,
    "balanced": 0.7,
    "inventive": 1.1,
}
"""Choice -> temperature; 0 gives the same answer each time."""

CONTEXTS: Mapping[str, int | None] = {
    "model": None,
    "little": 1000,
    "medium": 4000,
    "much": 16000,
}
"""Choice -> how much of the conversation the model reads, in tokens."""

MAX_INSTRUCTIONS = 4000
"""Characters. About 1,000 tokens, half of a small local model's window."""


@dataclass(frozen=True, slots=True)
class Preferences:
    """One conversation's preferences; see :data:`LENGTHS`, :data:`STYLES`, :data:`CONTEXTS`."""

    length: str = "model"
    style: str = "model"
    instructions: str = ""
    context: str = "model"

    @property
    def options(self) -> GenerationOptions:
        """What a model is asked for."""
        return GenerationOptions(
            max_tokens=LENGTHS[self.length],
            temperature=STYLES[self.style],
            context_tokens=CONTEXTS[self.context],
        )

    def system(self, ours: str) -> str:
        """The system prompt: ``ours``, and then what the person wrote."""
        return f"{ours}\n\n{self.instructions}" if self.instructions else ours


def read_preferences(values: Mapping[str, Any]) -> tuple[Preferences, str | None]:
    """The usable preferences in ``values``, and what was wrong with them, if anything.

    What is wrong is the name of a sentence: ``settings_unknown`` for a choice
    that does not exist (its default counts instead) or ``instructions_long`` (the
    beginning counts).
    """
    trouble: str | None = None
    chosen: dict[str, str] = {}
    choosable: Mapping[str, Mapping[str, float | None]]
    choosable = {"length": LENGTHS, "style": STYLES, "context": CONTEXTS}
    for name, choices in choosable.items():
        value = values.get(name) or "model"
        if not isinstance(value, str) or value not in choices:
            value, trouble = "model", "settings_unknown"
        chosen[name] = value
    written = values.get("instructions") or ""
    if not isinstance(written, str):
        written, trouble = "", "settings_unknown"
    written = written.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    written = written.replace("\0", "").strip()
    if len(written) > MAX_INSTRUCTIONS:
        written, trouble = written[:MAX_INSTRUCTIONS], "instructions_long"
    return Preferences(instructions=written, **chosen), trouble
