"""The figures in the documentation's sentences are those of the code."""

from __future__ import annotations

import inspect

import pytest

from services.api.routes import MAX_BODY_BYTES
from services.backends.local.engine import WAITING_LIMIT
from services.egress.transcript import MAX_CHARACTERS
from services.history.backup import KEPT, MAX_AGE
from services.history.opinions import MOST
from services.preferences import CONTEXTS, LENGTHS, MAX_INSTRUCTIONS, STYLES
from services.prompts import MAX_PROMPT_CHARACTERS
from services.routing.calibration import LEAST, LEAST_OF_KIND, MOST_SHIFT
from services.routing.router import BAND, HybridRouter
from services.routing.rules import LONGEST_VALUE, MOST_RULES
from services.second_look import HOLD_SECONDS, LOOK_TOKENS
from services.settings import MOST_THREADS
from tests.docs.pages import DOCS, page

TIME_LIMIT = inspect.signature(HybridRouter).parameters["time_limit"].default
SAID = {
    "explanation/privacy.md": [f"the first {MAX_CHARACTERS:,} characters"],
    "explanation/routing.md": [
        f"takes longer than {TIME_LIMIT:.0f} seconds",
        f"{WAITING_LIMIT} prompts may wait",
        f"({BAND * 100:.0f} of 100 on the reference mix)",
        f"over its first {LOOK_TOKENS} tokens",
        f"for about {HOLD_SECONDS} seconds at most",
    ],
    "how-to/backup.md": [
        f"The newest {['no', 'one', 'two', 'three'][KEPT]} are kept",
        f"none for longer than {MAX_AGE / 86400:.0f} days",
    ],
    "how-to/learn-from-thumbs.md": [
        f"After {LEAST} judged answers",
        f"the newest {MOST:,} judged answers",
        f"at least {LEAST_OF_KIND} answers of that kind",
        f"larger than {MOST_SHIFT:.0f} logits",
    ],
    "how-to/own-rules.md": [
        f"There can be {MOST_RULES} rules, each with a value of at most {LONGEST_VALUE} characters",
    ],
    "reference/decisions.md": [f"took longer than {TIME_LIMIT:.0f} seconds"],
    "reference/http.md": [
        f"A body may have {MAX_BODY_BYTES >> 20} MiB",
        f"a message {MAX_PROMPT_CHARACTERS:,} characters",
    ],
    "reference/settings.md": [
        f"1 to {MOST_THREADS}",
        f"a text of at most {MAX_INSTRUCTIONS:,} characters",
        f"`short` ({LENGTHS['short']} tokens), `medium` ({LENGTHS['medium']})",
        f"`long` ({LENGTHS['long']})",
        f"`exact` (temperature {STYLES['exact']:.0f}), `balanced` ({STYLES['balanced']})",
        f"`inventive` ({STYLES['inventive']})",
        f"`little` ({CONTEXTS['little']} tokens), `medium` ({CONTEXTS['medium']})",
        f"`much` ({CONTEXTS['much']})",
    ],
}


@pytest.mark.parametrize("name", SAID)
def test_a_figure_is_the_one_of_the_code(name: str) -> None:
    """Whoever changes a limit finds the sentence that tells it."""
    prose = page(DOCS / name).prose
    assert [sentence for sentence in SAID[name] if sentence not in prose] == []
