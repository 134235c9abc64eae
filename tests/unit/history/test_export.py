"""Markdown, JSON and JSON Lines."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

from services.domain import AnswerStatus, Route
from services.history.export import Words, as_json, json_lines, markdown
from services.history.library import Library
from services.history.ratings import Ratings
from services.history.store import SqlConversationStore
from tests.unit.history.builders import answer, exchange, facts, prompt


async def _text(pieces: AsyncIterator[str]) -> str:
    return "".join([piece async for piece in pieces])


async def test_markdown_names_speakers_and_origin(store: SqlConversationStore) -> None:
    """Title, date, speakers and one quiet line for each answer; messages as they are."""
    await exchange(store, "c1", "Show *code*", "Here:\n```py\nx = 1\n```", title="My\ntitle")
    found = await _text(markdown(store.database, "c1", Words(person="Sie")))
    lines = found.splitlines()
    assert lines[0] == "# My title"
    assert lines[2].endswith(" UTC")
    assert lines[4:] == [
        "## Sie", "", "Show *code*", "",
        "## Nearside", "", "Here:", "```py", "x = 1", "```", "",
        "*cloud · gpt-x · 0.5 s · ≈46 tokens · 0.0125 EUR*",
    ]  # fmt: skip


async def test_the_quiet_line_can_be_in_any_language(store: SqlConversationStore) -> None:
    """The caller's words replace ours, and cannot break the markup."""
    await exchange(store, "c1")
    words = Words(line=lambda message: f"aus der *Wolke*: {message.facts and message.facts.model}")
    found = await _text(markdown(store.database, "c1", words))
    assert found.endswith("\n*aus der \\*Wolke\\*: gpt-x*\n")


async def test_an_open_code_block_does_not_swallow_the_rest(store: SqlConversationStore) -> None:
    """An interrupted answer's fence is closed before the next heading."""
    await store.add_prompt(prompt("m1", "~~~~\n~~~\nstill open"), user_id="local", title="T")
    await store.begin_answer(answer("a1"))
    end = facts(route=Route.LOCAL, model=None, usage=None, cost=None, duration_ms=None)
    await store.finish_answer("a1", "```py\nx = `1`", AnswerStatus.INTERRUPTED, end)
    found = await _text(markdown(store.database, "c1"))
    assert "still open\n~~~~\n\n## Nearside\n\n```py\nx = `1`\n```\n" in found
    assert found.endswith("*local · interrupted*\n")


async def test_json_holds_every_fact(store: SqlConversationStore) -> None:
    """All that is stored about a conversation is in its JSON."""
    await exchange(store, "c1", 'quote " and \0 and 🎉', "Reply", title="Titel")
    await Ratings(store.database).rate("c1-a1", 0, "too short")
    await Library(store.database).tag("c1", ["x"])
    found = json.loads(await _text(as_json(store.database, "c1")))
    assert {k: v for k, v in found.items() if not k.endswith("_at") and k != "messages"} == {
        "format": "nearside-conversation",
        "version": 1,
        "id": "c1",
        "title": "Titel",
        "title_is_custom": False,
        "tags": ["x"],
    }
    asked, answered = found["messages"]
    assert (asked["content"], asked["answer"], asked["feedback"]) == (
        'quote " and \0 and 🎉', None, None,
    )  # fmt: skip
    assert answered["feedback"] == {"value": 0, "comment": "too short"}
    assert answered["reply_to"] == "c1-q1"
    assert answered["answer"] == {
        "route": "cloud",
        "mode": "cloud",
        "private": False,
        "complexity": 0.8,
        "threshold": 0.5,
        "model": "gpt-x",
        "prompt_tokens": 12,
        "completion_tokens": 34,
        "usage_estimated": True,
        "first_token_ms": 12.5,
        "duration_ms": 456.75,
        "cost": 0.0125,
        "currency": "EUR",
        "finish_reason": "stop",
        "omitted_turns": 2,
        "replaced": 3,
        "error": None,
        "confidence": -0.25,
        "reasons": [
            {"code": "complex", "values": {"score": "0.8"}},
            {"code": "mode", "values": {}},
        ],
    }


async def test_json_lines_hold_every_conversation_once(store: SqlConversationStore) -> None:
    """One line for each conversation of the person, also of those that come meanwhile."""
    for number in range(4):
        await exchange(store, f"c{number}", user="anna")
    await exchange(store, "foreign", user="ben")
    lines: list[dict[str, Any]] = []
    pending = ""
    async for piece in json_lines(store.database, "anna"):
        pending += piece
        if pending.endswith("\n"):
            lines.append(json.loads(pending))
            pending = ""
            if len(lines) == 2:
                await Library(store.database).delete_conversation("c2")
                await exchange(store, "late", user="anna")
    assert pending == ""
    assert [line["id"] for line in lines] == ["c0", "c1", "c3", "late"]


async def test_a_long_conversation_comes_in_pieces(store: SqlConversationStore) -> None:
    """Messages are given out one by one, in order, over the edges of batches."""
    for number in range(60):
        await exchange(store, "c1", f"question {number}", number=number)
    pieces = [piece async for piece in as_json(store.database, "c1")]
    assert max(map(len, pieces)) < 1000
    found = json.loads("".join(pieces))
    assert [m["content"] for m in found["messages"][::2]] == [f"question {n}" for n in range(60)]


async def test_an_unknown_conversation_exports_nothing(store: SqlConversationStore) -> None:
    """There is no empty shell for what does not exist."""
    assert await _text(markdown(store.database, "gone")) == ""
    assert await _text(as_json(store.database, "gone")) == ""
    assert await _text(json_lines(store.database)) == ""
