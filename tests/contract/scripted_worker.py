"""The engine's worker with a model that follows a script.

Everything but the model is real. The script is the file ``behaviour`` in the
model's folder; the last conversation is written to ``given.json`` beside it.
"""

from __future__ import annotations

import itertools
import os
import sys
import time
from collections.abc import Generator, Sequence
from pathlib import Path

from services.backends.local import protocol
from services.backends.local.prompt import as_json
from services.backends.local.runtime import Outcome, Sampling
from services.backends.local.watch import Interruption
from services.backends.local.worker import main
from services.domain import FinishReason, Message
from tests.fakes.openai_behaviours import LONG_ANSWER

ANSWER = ("Hello", " wor", "ld")


class ScriptedRuntime:
    """Answers as the file ``behaviour`` says."""

    name = "scripted"

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @property
    def context_window(self) -> int:
        """Room for two messages in a small window; see :meth:`count`."""
        return 2048

    def count(self, messages: Sequence[Message]) -> int:
        """A token for each message, or as many as leave room for two."""
        return len(messages) * (700 if self._behaviour() == "small_window" else 1)

    def generate(
        self, messages: Sequence[Message], sampling: Sampling, interrupted: Interruption
    ) -> Generator[str, None, Outcome]:
        """Follow the script."""
        (self._folder / "given.json").write_text(as_json(messages, ()), "utf-8")
        behaviour, produced = self._behaviour(), 0
        if behaviour == "fails_before":
            os._exit(7)
        for piece in self._pieces(behaviour):
            if interrupted():
                return Outcome(None, len(messages), produced)
            produced += 1
            yield piece
        if behaviour == "fails_inside":
            os._exit(7)
        return Outcome(FinishReason.STOP, len(messages), produced)

    def settle(self, interrupted: Interruption) -> None:
        """Nothing to prepare."""

    def _behaviour(self) -> str:
        return (self._folder / "behaviour").read_text("utf-8")

    @staticmethod
    def _pieces(behaviour: str) -> Generator[str, None, None]:
        if behaviour == "endless":
            for _ in itertools.count():
                time.sleep(0.001)
                yield "on "
        elif behaviour == "very_long":
            yield from LONG_ANSWER
        elif behaviour != "empty":
            yield from ANSWER


def load(request: protocol.Load) -> ScriptedRuntime:
    """The scripted model of the folder."""
    return ScriptedRuntime(Path(str(request.directory)))


if __name__ == "__main__":
    sys.exit(main(load))
