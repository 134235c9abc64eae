"""The person's own history as tables and pictures."""

from __future__ import annotations

from datetime import UTC, datetime

from notebooks.past import past_picture, scores_picture, summary, table_of
from services.domain import AnswerStatus, Reason, Route
from services.history.looking import RoutedAnswer
from tests.unit.history.builders import facts


def _answers() -> list[RoutedAnswer]:
    routes = list(Route)
    reasons = [Reason("simple"), Reason("complex"), Reason("no_such"), Reason("private_refused")]
    return [
        RoutedAnswer(
            datetime(2026, 11, 1 + n // 3, 9 + n % 3, tzinfo=UTC),
            AnswerStatus.COMPLETE,
            facts(
                route=routes[n % 4],
                reasons=(reasons[n % 4],),
                cost=0.25 if routes[n % 4] is Route.CLOUD else None,
            ),
        )
        for n in range(60)
    ]


def test_a_row_tells_where_when_why_and_what_it_cost() -> None:
    """Reasons in words, a code of another version as it is."""
    table = table_of(_answers())
    assert len(table) == 60
    assert table["why"].head(4).tolist() == [
        "simple enough",
        "demanding question",
        "no_such",
        "private, and no local model",
    ]
    moment = _answers()[0].at.astimezone().replace(tzinfo=None)
    assert table["when"].iloc[0] == moment
    assert table["first token (s)"].iloc[0] == 0.01


def test_a_failed_model_is_a_reason_too() -> None:
    """Its sentence belongs to the error; the code names the side."""
    failed = facts(reasons=(Reason("cloud_failed", {"key": "error.backend"}),))
    answer = RoutedAnswer(datetime.now(UTC), AnswerStatus.FAILED, failed)
    assert table_of([answer])["why"].tolist() == ["cloud_failed"]


def test_routes_are_summed_up() -> None:
    """Answers, tokens and costs by route."""
    table = summary(table_of(_answers()))
    assert table["answers"].to_dict() == {route.value: 15 for route in Route}
    assert table.loc["cloud", "cost"] == 15 * 0.25


def test_the_last_days_are_drawn() -> None:
    """Fourteen days with answers, each of a whole number; the reasons beside them."""
    days, why = past_picture(table_of(_answers())).axes
    assert len(days.get_xticks()) == 14
    assert days.get_xticklabels()[-1].get_text() == "20 Nov"
    assert {label.get_text() for label in why.get_yticklabels()} >= {"simple enough", "no_such"}


def test_a_single_answer_is_a_picture_too() -> None:
    """Nothing divides by the number of days or routes."""
    table = table_of(_answers()[:1])
    assert past_picture(table).axes
    axes = scores_picture(table).axes[0]
    assert len(axes.collections) == 1
    first, last = axes.get_xlim()
    assert round((last - first) * 24, 3) >= 1, "hours at least, not parts of seconds"


def test_no_answers_are_an_empty_table() -> None:
    """The cell tells it by a sentence."""
    assert table_of([]).empty
