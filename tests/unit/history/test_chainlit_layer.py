"""The interface's data layer: what Chainlit calls, and what it gets."""

from __future__ import annotations

import asyncio
import base64
import inspect
import json
from pathlib import Path
from typing import Any, cast

import pytest
from chainlit.data.base import BaseDataLayer
from chainlit.element import CustomElement, File
from chainlit.step import StepDict
from chainlit.types import Feedback, Pagination, ThreadDict, ThreadFilter
from chainlit.user import User
from sqlalchemy import text

from services.domain import AnswerStatus, StoredMessage
from services.errors import StorageError
from services.history.chainlit_layer import ChainlitDataLayer, route_element, run_id
from services.history.library import Library
from services.history.store import SqlConversationStore
from tests.unit.history.builders import answer, exchange, facts, prompt


def _props(message: StoredMessage) -> dict[str, Any]:
    assert message.facts is not None
    return {"route": message.facts.route.value}


@pytest.fixture
def layer(store: SqlConversationStore) -> ChainlitDataLayer:
    """The data layer over the open store; it waits for nothing."""
    return ChainlitDataLayer(store, _props, patience=0.0)


def _step(name: str, kind: str = "tool", **changes: Any) -> StepDict:
    values = {
        "id": name, "type": kind, "threadId": "c1", "name": name, "input": "in", "output": "out",
        "createdAt": "2999-01-01T00:00:00Z", "start": "2999-01-01T00:00:00Z", "end": None,
        "showInput": "json", "metadata": {}, "tags": ["a"], "modes": {"m": "auto"},
    }  # fmt: skip
    return cast(StepDict, {**values, **changes})


async def _thread(layer: ChainlitDataLayer, name: str = "c1") -> ThreadDict:
    thread = await layer.get_thread(name)
    assert thread is not None
    json.dumps(thread)  # the server sends it as JSON
    return thread


async def _shape(layer: ChainlitDataLayer) -> list[tuple[str, str, str | None]]:
    return [(s["id"], s["type"], s.get("parentId")) for s in (await _thread(layer))["steps"]]


async def _count(store: SqlConversationStore, table: str) -> int:
    query = text(f"SELECT count(*) FROM {table}")  # noqa: S608 - constants
    return int(await store.database.read(lambda session: session.scalar(query)) or 0)


def test_every_method_of_the_base_is_ours() -> None:
    """Nothing of Chainlit's base class is left to its own devices."""
    names = [n for n, _ in inspect.getmembers(BaseDataLayer, inspect.isfunction)]
    ours = [n for n in names if not n.startswith("_") and n in vars(ChainlitDataLayer)]
    assert ours == [n for n in names if not n.startswith("_")]
    for name in ours:
        wanted = inspect.signature(inspect.unwrap(getattr(BaseDataLayer, name)))
        assert list(inspect.signature(getattr(ChainlitDataLayer, name)).parameters) == list(
            wanted.parameters
        )


async def test_users_are_created_and_found(layer: ChainlitDataLayer) -> None:
    """Who signs in is known by the same id for ever."""
    assert await layer.get_user("local") is None
    created = await layer.create_user(User("local", "You", {"role": "admin"}))
    assert created is not None
    assert (created.id, created.identifier, created.metadata) == (
        "local",
        "local",
        {"role": "admin"},
    )
    assert created.createdAt.endswith("Z")
    assert await layer.get_user("local") == created


async def test_a_turn_is_prompt_run_and_answer(
    store: SqlConversationStore, layer: ChainlitDataLayer
) -> None:
    """The run hangs on its prompt and the answer on the run; its input is empty."""
    await exchange(store, "c1", "Why?", "Because.")
    thread = await _thread(layer)
    asked, run, answered = thread["steps"]
    assert await _shape(layer) == [
        ("c1-q1", "user_message", None),
        (run_id("c1-a1"), "run", "c1-q1"),
        ("c1-a1", "assistant_message", run_id("c1-a1")),
    ]
    assert (run["name"], run["input"], run["output"]) == ("on_message", "", "")
    assert (asked["name"], asked["output"]) == ("local", "Why?")
    assert (answered["name"], answered["output"]) == ("Nearside", "Because.")
    for step in thread["steps"]:
        for key in ("createdAt", "start", "end"):
            assert str(cast(dict[str, Any], step)[key]).endswith("Z")
    assert str(run["end"]) > str(run["start"])
    assert (thread["id"], thread["name"], thread["userIdentifier"]) == ("c1", "Trees", "local")
    assert await layer.get_thread("gone") is None


async def test_ids_are_the_same_on_every_resume(
    store: SqlConversationStore, layer: ChainlitDataLayer
) -> None:
    """Runs and route lines keep their ids, so that a rating hits the right one."""
    await exchange(store, "c1")
    assert await _thread(layer) == await _thread(layer)


async def test_each_answer_has_its_route_line(
    store: SqlConversationStore, layer: ChainlitDataLayer
) -> None:
    """Figures of an answer come as an element with the app's properties."""
    await exchange(store, "c1")
    elements = (await _thread(layer))["elements"]
    assert elements is not None
    (line,) = elements
    assert line == route_element((await store.messages("c1"))[1], {"route": "cloud"})
    assert {key: value for key, value in line.items() if key != "id"} == {
        "threadId": "c1",
        "forId": "c1-a1",
        "type": "custom",
        "name": "RouteLine",
        "display": "inline",
        "props": {"route": "cloud"},
    }


async def test_a_live_route_line_is_not_stored_twice(
    store: SqlConversationStore, layer: ChainlitDataLayer
) -> None:
    """The element that the app showed live is not kept beside the one from the figures."""
    await exchange(store, "c1")
    live = CustomElement(name="RouteLine", props={"route": "x"}, thread_id="c1", for_id="c1-a1")
    await layer.create_element(live)
    elements = (await _thread(layer))["elements"]
    assert elements is not None
    assert [e["props"] for e in elements] == [{"route": "cloud"}]


async def test_a_rating_shows_on_run_and_answer(
    store: SqlConversationStore, layer: ChainlitDataLayer
) -> None:
    """Rated by its run, as the interface does, the thumb is seen on both after a resume."""
    await exchange(store, "c1")
    rating = await layer.upsert_feedback(Feedback(run_id("c1-a1"), 1, "c1", None, "good"))
    _, run, answered = (await _thread(layer))["steps"]
    for step in (run, answered):
        assert step["feedback"] == {
            "id": rating, "forId": step["id"], "value": 1, "comment": "good",
        }  # fmt: skip
    assert await layer.upsert_feedback(Feedback("c1-a1", 0, "c1", rating)) == rating
    assert await layer.delete_feedback(rating)
    assert not await layer.delete_feedback(rating)
    assert all(step["feedback"] is None for step in (await _thread(layer))["steps"])


async def test_a_rating_in_a_temporary_conversation_is_refused(layer: ChainlitDataLayer) -> None:
    """A rating that would be lost is not accepted."""
    with pytest.raises(StorageError):
        await layer.upsert_feedback(Feedback("x", 1, "temporary"))


@pytest.mark.parametrize("kind", ["user_message", "assistant_message", "run"])
async def test_reports_about_messages_change_nothing(
    store: SqlConversationStore, layer: ChainlitDataLayer, kind: str
) -> None:
    """Chainlit's own messages, known or not, are left to the orchestration."""
    await exchange(store, "c1", "Why?", "Because.")
    before = await store.messages("c1")
    for name in ("c1-q1", "c1-a1", "unknown"):
        await layer.create_step(_step(name, kind, output="Task manually stopped."))
        await layer.update_step(_step(name, kind, output="other"))
    assert await store.messages("c1") == before
    assert await _count(store, "steps") == 0
    await layer.create_step(_step("m", kind, threadId="temporary"))
    assert await layer.get_thread("temporary") is None


async def test_other_steps_are_kept_in_their_run(
    store: SqlConversationStore, layer: ChainlitDataLayer
) -> None:
    """Tool steps come back whole, before the answer, nested as they were."""
    await exchange(store, "c1")
    run = run_id("c1-a1")
    await layer.create_step(_step(run, "run", parentId="c1-q1"))
    await layer.create_step(_step("outer", parentId=run, createdAt="2999-01-01T00:00:00Z"))
    await layer.create_step(_step("inner", parentId="outer", createdAt="2999-01-01T00:00:01Z"))
    await layer.create_step(_step("orphan", parentId="old-run", createdAt="2999-01-01T00:00:02Z"))
    await layer.create_step(_step("early", parentId=None, createdAt="1999-01-01T00:00:02Z"))
    assert await _shape(layer) == [
        ("c1-q1", "user_message", None),
        (run, "run", "c1-q1"),
        ("outer", "tool", run),
        ("inner", "tool", "outer"),
        ("orphan", "tool", run),
        ("c1-a1", "assistant_message", run),
        ("early", "tool", None),
    ]
    outer = cast(dict[str, Any], (await _thread(layer))["steps"][2])
    for key in ("input", "output", "createdAt", "start", "showInput", "tags", "modes", "metadata"):
        assert outer[key] == cast(dict[str, Any], _step("outer"))[key]


async def test_the_end_of_a_step_wins(
    store: SqlConversationStore, layer: ChainlitDataLayer
) -> None:
    """Reports in the wrong order do not take a step's output away."""
    await exchange(store, "c1")
    end = "2999-01-01T00:00:05Z"
    await layer.update_step(_step("s", output="done", end=end))
    await layer.create_step(_step("s", output=""))
    step = (await _thread(layer))["steps"][-2]
    assert (step["output"], step["end"]) == ("done", end)


async def test_a_step_waits_for_its_conversation(store: SqlConversationStore) -> None:
    """What is reported before the first prompt is stored is kept when it comes."""
    layer = ChainlitDataLayer(store, _props)
    early = [
        asyncio.create_task(layer.create_step(_step("s", "tool"))),
        asyncio.create_task(
            layer.create_element(File(name="f.txt", content=b"x", thread_id="c1", id="e"))
        ),
    ]
    await asyncio.sleep(0)
    await exchange(store, "c1")
    await asyncio.gather(*early)
    assert await _count(store, "steps") == await _count(store, "elements") == 1


async def test_answers_keep_their_prompt(
    store: SqlConversationStore, layer: ChainlitDataLayer
) -> None:
    """An answer hangs on the prompt that it replies to; one without any on the last."""
    await store.add_prompt(prompt("q1"), user_id="local", title="T")
    await store.add_prompt(prompt("q2"), user_id="local", title="T")
    await store.begin_answer(answer("a1", reply_to="q1"))
    await store.begin_answer(answer("a2", reply_to="gone"))
    steps = {s["id"]: s for s in (await _thread(layer))["steps"]}
    assert steps[run_id("a1")]["parentId"] == "q1"
    assert steps[run_id("a2")]["parentId"] == "q2"
    assert (steps["a1"]["parentId"], steps["a2"]["parentId"]) == (run_id("a1"), run_id("a2"))


async def test_an_answer_without_any_prompt_is_shown(
    store: SqlConversationStore, layer: ChainlitDataLayer
) -> None:
    """Deleting the only prompt does not hide the answer or its steps."""
    await exchange(store, "c1")
    await layer.delete_step("c1-q1")
    run = run_id("c1-a1")
    await layer.create_step(_step("s", parentId=run))
    assert await _shape(layer) == [
        (run, "run", None), ("s", "tool", run), ("c1-a1", "assistant_message", run),
    ]  # fmt: skip


async def test_threads_are_listed_page_by_page(
    store: SqlConversationStore, layer: ChainlitDataLayer
) -> None:
    """The sidebar gets titles only, and the time of the last change to sort by."""
    for number in range(5):
        await exchange(store, f"c{number}", title=f"T{number}")
    await layer.update_thread("c0", tags=["x"])
    first = await layer.list_threads(Pagination(first=3), ThreadFilter(userId="local"))
    assert [t["name"] for t in first.data] == ["T4", "T3", "T2"]
    assert first.pageInfo.hasNextPage
    assert all(t["steps"] == [] for t in first.data)
    entry = await Library(store.database).conversation("c4")
    assert entry is not None
    assert first.data[0]["createdAt"] == entry.updated_at.isoformat().replace("+00:00", "Z")
    json.dumps(cast(Any, first).to_dict())
    cursor = first.pageInfo.endCursor
    rest = await layer.list_threads(
        Pagination(first=3, cursor=cursor), ThreadFilter(userId="local")
    )
    assert [t["name"] for t in rest.data] == ["T1", "T0"]
    assert not rest.pageInfo.hasNextPage
    found = await layer.list_threads(Pagination(first=3), ThreadFilter(search="T3"))
    assert [t["id"] for t in found.data] == ["c3"]
    rated = await layer.list_threads(Pagination(first=3), ThreadFilter(feedback=1))
    assert rated.data == []


async def test_a_rename_is_the_persons_and_an_announcement_is_not(
    store: SqlConversationStore, layer: ChainlitDataLayer
) -> None:
    """With a user id the name is Chainlit's raw prompt and is ignored."""
    await exchange(store, "c1", title="Made here")
    await layer.update_thread("c1", name="raw prompt", user_id="local", tags=["profile"])
    thread = await _thread(layer)
    assert (thread["name"], thread["tags"]) == ("Made here", ["profile"])
    await layer.update_thread("c1", name="Mine")
    await layer.update_thread("c1", metadata={"a": 1})
    await layer.update_thread("c1", metadata={"b": 2}, user_id="local")
    thread = await _thread(layer)
    assert (thread["name"], thread["metadata"]) == ("Mine", {"a": 1, "b": 2})


async def test_no_call_creates_a_conversation(
    store: SqlConversationStore, layer: ChainlitDataLayer
) -> None:
    """A temporary or deleted conversation stays unknown whatever Chainlit reports."""
    await exchange(store, "c1")
    await layer.delete_thread("c1")
    await layer.update_thread("c1", name="x", user_id="local", metadata={"a": 1}, tags=["t"])
    await layer.update_thread("c1", name="x", metadata={"a": 1})
    await layer.create_step(_step("s"))
    await layer.update_step(_step("r", "run", parentId="c1-q1"))
    await layer.create_element(File(name="f", content=b"x", thread_id="c1"))
    assert await layer.get_thread("c1") is None
    assert await layer.get_thread_author("c1") == ""
    assert await _count(store, "conversations") == 0
    assert await _count(store, "elements") == 0


async def test_the_author_of_a_thread_is_who_signed_in(
    store: SqlConversationStore, layer: ChainlitDataLayer
) -> None:
    """Chainlit compares it with the name of the session's user."""
    await exchange(store, "c1", user="anna")
    assert await layer.get_thread_author("c1") == "anna"


async def test_elements_keep_their_bytes(
    store: SqlConversationStore, layer: ChainlitDataLayer, tmp_path: Path
) -> None:
    """Files from memory and from disk can be opened with no network and no session."""
    await exchange(store, "c1")
    path = tmp_path / "upload.bin"
    path.write_bytes(b"\0\xff" * 10)
    upload = File(
        name="upload.bin", path=str(path), thread_id="c1", for_id="c1-q1", id="e1",
        mime="application/x-thing",
    )  # fmt: skip
    await layer.create_element(upload)
    await layer.create_element(File(name="note", content="ä\ud800", thread_id="c1", id="e2"))
    path.unlink()
    element = await layer.get_element("c1", "e1")
    assert element is not None
    body = base64.b64encode(b"\0\xff" * 10).decode()
    assert element["url"] == f"data:application/x-thing;base64,{body}"
    assert (element["forId"], element["mime"]) == ("c1-q1", "application/x-thing")
    assert await layer.get_element("other", "e1") is None
    elements = (await _thread(layer))["elements"]
    assert elements is not None
    assert [e["id"] for e in elements][:2] == ["e1", "e2"]
    await layer.delete_element("e1", "other")
    assert await layer.get_element("c1", "e1") is not None
    await layer.delete_element("e1", "c1")
    assert await layer.get_element("c1", "e1") is None


async def test_an_upload_that_is_gone_is_an_error_in_words(
    store: SqlConversationStore, layer: ChainlitDataLayer, tmp_path: Path
) -> None:
    """A file that cannot be read is reported, not stored empty."""
    await exchange(store, "c1")
    gone = File(name="x", path=str(tmp_path / "gone"), thread_id="c1", id="e")
    with pytest.raises(StorageError):
        await layer.create_element(gone)
    assert await _count(store, "elements") == 0


async def test_the_app_can_serve_the_bytes_itself(store: SqlConversationStore) -> None:
    """With an address for elements, a thread travels without their bytes."""
    layer = ChainlitDataLayer(store, _props, element_url=lambda home, name: f"/files/{home}/{name}")
    await exchange(store, "c1")
    await layer.create_element(File(name="f", content=b"x" * 1000, thread_id="c1", id="e"))
    thread = await _thread(layer)
    assert thread["elements"] is not None
    assert thread["elements"][0]["url"] == "/files/c1/e"
    assert len(json.dumps(thread)) < 5000


async def test_a_custom_element_can_change(
    store: SqlConversationStore, layer: ChainlitDataLayer
) -> None:
    """A second report renews the properties."""
    await exchange(store, "c1")
    for number in (1, 2):
        await layer.create_element(
            CustomElement(name="Preview", props={"n": number}, thread_id="c1", id="e")
        )
    element = await layer.get_element("c1", "e")
    assert element is not None
    assert (element["props"], element["url"]) == ({"n": 2}, None)


async def test_favourites_work_as_chainlit_asks(
    store: SqlConversationStore, layer: ChainlitDataLayer
) -> None:
    """A marked message is listed and shown as marked, until it is unmarked."""
    await exchange(store, "c1", "Keep me")
    step = (await _thread(layer))["steps"][0]
    marked = await layer.set_step_favorite(step, True)
    assert marked["metadata"] == {"favorite": True}
    (favorite,) = await layer.get_favorite_steps("local")
    assert (favorite["id"], favorite["output"]) == ("c1-q1", "Keep me")
    assert favorite["metadata"] == {"favorite": True}
    assert (await _thread(layer))["steps"][0]["metadata"] == {"favorite": True}
    assert (await layer.set_step_favorite(favorite, False))["metadata"] == {"favorite": False}
    assert await layer.get_favorite_steps("local") == []


async def test_closing_the_layer_leaves_the_store_open(
    store: SqlConversationStore, layer: ChainlitDataLayer
) -> None:
    """Who opened the store closes it; there is no page for debugging."""
    await layer.close()
    assert await layer.build_debug_url() == ""
    await exchange(store, "c1")


async def test_an_interrupted_answer_is_shown_with_its_text(
    store: SqlConversationStore, layer: ChainlitDataLayer
) -> None:
    """What was streamed before a stop is there after a resume."""
    await store.add_prompt(prompt("q1"), user_id="local", title="T")
    await store.begin_answer(answer("a1", reply_to="q1"))
    await store.finish_answer("a1", "half a", AnswerStatus.INTERRUPTED, facts())
    step = (await _thread(layer))["steps"][-1]
    assert (step["output"], step["streaming"]) == ("half a", False)
