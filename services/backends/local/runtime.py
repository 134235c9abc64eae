"""What the worker needs from a native library."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Protocol

from services.backends.local.watch import Interruption
from services.domain import FinishReason, Message

DEFAULT_MAX_TOKENS = 1024
"""The longest answer when nobody asked for another: an untrained or very small
model that never ends its turn must not run to the end of its window."""


@dataclass(frozen=True, slots=True)
class Sampling:
    """How to choose tokens; ``None`` leaves it to the model's own settings."""

    max_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    stop: tuple[str, ...] = ()
    seed: int | None = None
    look: int | None = None


@dataclass(frozen=True, slots=True)
class Sure:
    """How sure the model is of what it has begun; see :mod:`.confidence`."""

    confidence: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an answer ended. ``reason`` is ``None`` when it was cancelled."""

    reason: FinishReason | None
    prompt_tokens: int
    completion_tokens: int
    confidence: float | None = None


class Runtime(Protocol):
    """A loaded model; ``name`` is that of the library that runs it."""

    name: str

    @property
    def context_window(self) -> int:
        """Prompt and answer together, in tokens."""
        ...

    def count(self, messages: Sequence[Message]) -> int:
        """Exact tokens of the prompt that ``messages`` make, template included."""
        ...

    def generate(
        self, messages: Sequence[Message], sampling: Sampling, interrupted: Interruption
    ) -> Generator[str | Sure, None, Outcome]:
        """Yield pieces of the answer; an empty one says only that work goes on.

        A runtime that can tell yields one ``Sure`` after ``sampling.look`` tokens.

        The answer ends soon after ``interrupted`` says so. The caller has made sure
        that ``messages`` fit the window.

        Raises:
            BackendError: the model cannot answer this.
        """
        ...

    def settle(self, interrupted: Interruption) -> None:
        """Prepare for a follow-up while there is nothing else to do."""
        ...
