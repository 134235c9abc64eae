"""What the cells show of a prompt, an answer, a list of routes and the figures."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from notebooks.asking import Answer, Piece
from notebooks.metrics import samples
from notebooks.prompt import category_name, cut, highlighted, scores, way
from notebooks.routed import routed_picture
from notebooks.streaming import pieces, stream_picture
from notebooks.style import LOCAL, PRIVATE
from services.domain import AnswerStatus, Decision, Finding, Reason, Route, Usage
from services.metrics import Metrics
from tests.unit.history.builders import facts


def decision(**changes: Any) -> Decision:
    """A decision that keeps a harmless prompt here."""
    plain = Decision(Route.LOCAL, (Reason("simple"),), False, (), 0.2, 0.5)
    values = {name: getattr(plain, name) for name in Decision.__dataclass_fields__}
    return Decision(**{**values, **changes})


def test_passages_are_marked_and_nothing_else_is_markup() -> None:
    """What a prompt holds is shown, never interpreted."""
    text = "<b>Anna</b> & co"
    shown = highlighted(text, [Finding("person", 3, 7, 0)])
    assert "&lt;b&gt;<mark" in shown
    assert ">Anna</mark>" in shown
    assert "name of a person" in shown
    assert "&lt;/b&gt; &amp; co" in shown


def test_a_passage_within_another_is_marked_once() -> None:
    """The text is shown once and whole."""
    shown = highlighted("0123456789", [Finding("email", 2, 8, 0), Finding("person", 4, 6, 0)])
    assert shown.count("<mark") == 1
    assert shown.startswith("01<mark")
    assert shown.endswith("89")


def test_a_category_of_ones_own_is_shown_by_its_word() -> None:
    """Lay names where there are any."""
    assert category_name("iban") == "bank account (IBAN)"
    assert category_name("personnel_number") == "personnel_number"


def test_only_findings_of_the_prompt_itself_are_marked() -> None:
    """Offsets of an earlier message mean nothing in this one."""
    found = decision(findings=(Finding("email", 0, 2, 0), Finding("iban", 3, 5, 1)))
    shown = way("ab cd", found, message=1).data
    assert ">cd</mark>" in shown
    assert shown.count("<mark") == 1


def test_the_card_says_on_which_side_of_the_threshold() -> None:
    """Score and threshold, and that they do not count for what is private."""
    assert "score 0.200 ≤ threshold 0.500" in way("x", decision()).data
    assert "score 0.800 > threshold 0.500" in way("x", decision(complexity=0.8)).data
    assert "does not count" in way("x", decision(private=True)).data


def test_scores_are_coloured_by_what_becomes_of_them() -> None:
    """Private ones stand out, whatever their score."""
    (axes,) = scores({"a": decision(), "b": decision(private=True)}).axes
    dots = [line.get_color() for line in axes.lines if line.get_marker() == "o"]
    assert dots == [LOCAL, PRIVATE]


def test_long_prompts_are_cut_for_an_axis() -> None:
    """One line of a length that fits."""
    assert cut("one\n two") == "one two"
    assert len(cut("word " * 50)) == 44


def test_pieces_tell_their_gaps() -> None:
    """The first gap is the time to the first piece."""
    answer = _answer()
    assert pieces(answer)["gap (ms)"].tolist() == [10.0, 5.0, 25.0]
    (axes,) = stream_picture(answer).axes
    assert np.asarray(axes.lines[0].get_ydata())[-1] == len(answer.text)


def test_speed_is_that_after_the_first_token() -> None:
    """Reading the prompt is not writing; of a single piece nothing is claimed."""
    answer = _answer()
    assert answer.tokens_per_second == 100.0
    assert _answer(answer.pieces[:1]).tokens_per_second is None


def _answer(shown: tuple[Piece, ...] | None = None) -> Answer:
    shown = shown or (Piece(10, "a"), Piece(15, "bc"), Piece(40, "d"))
    figures = facts(first_token_ms=10.0, duration_ms=40.0, usage=Usage(5, 4))
    return Answer("hi", decision(), shown, figures, None)


def test_routes_become_a_picture() -> None:
    """One row for each prompt, the first on top."""
    table = pd.DataFrame(
        {
            "prompt": ["p", "q"],
            "route": ["local", "cloud"],
            "private": [True, False],
            "score": [0.2, 0.9],
            "threshold": [0.5, 0.5],
        }
    )
    (axes,) = routed_picture(table).axes
    assert [label.get_text() for label in axes.get_yticklabels()] == ["p", "q"]
    assert [text.get_text() for text in axes.texts] == ["private, stays", "cloud"]


def test_figures_of_prometheus_become_a_table() -> None:
    """Counts with their labels; buckets and times of creation are left out."""
    metrics = Metrics()
    metrics.answered(facts(usage=Usage(3, 4)), AnswerStatus.COMPLETE)
    table = samples(metrics.text()).set_index(["name", "labels"])["value"]
    assert table["nearside_answers_total", "route=cloud, status=complete"] == 1
    assert table["nearside_tokens_total", "kind=prompt, route=cloud"] == 3
    assert not [name for name, _ in table.index if name.endswith(("_bucket", "_created"))]
