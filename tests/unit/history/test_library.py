"""Lists, search, names and deletion."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import pytest
from sqlalchemy import text

from services.domain import AnswerStatus
from services.errors import StorageError
from services.history.attachments import Attachments
from services.history.incoming import element_columns, step_columns
from services.history.library import LARGEST_PAGE, Library
from services.history.ratings import Ratings
from services.history.rows import run_id
from services.history.store import SqlConversationStore, open_store, opened
from services.settings import Settings
from tests.unit.history.builders import answer, exchange, facts, prompt


@pytest.fixture
def library(store: SqlConversationStore) -> Library:
    """The library of the open store."""
    return Library(store.database)


async def _found(library: Library, query: str, user: str | None = None) -> list[str]:
    page = await library.conversations(search=query, user_id=user)
    return [entry.id for entry in page.entries]


async def test_the_last_changed_conversation_comes_first(
    store: SqlConversationStore, library: Library
) -> None:
    """A new message moves its conversation to the top of the list."""
    for name in ("c1", "c2", "c3"):
        await exchange(store, name)
    await exchange(store, "c1", number=2)
    page = await library.conversations()
    assert [entry.id for entry in page.entries] == ["c1", "c3", "c2"]
    assert page.cursor is None


async def test_pages_are_complete_while_conversations_arrive(
    store: SqlConversationStore, library: Library
) -> None:
    """Paging lists each conversation that was there exactly once, whatever comes meanwhile."""
    for number in range(23):
        await exchange(store, f"c{number}")
    seen: list[str] = []
    cursor = None
    while True:
        page = await library.conversations(first=5, cursor=cursor)
        seen += [entry.id for entry in page.entries]
        await exchange(store, f"new{len(seen)}")
        cursor = page.cursor
        if cursor is None:
            break
    assert seen == [f"c{number}" for number in reversed(range(23))]


async def test_conversations_of_one_moment_are_paged_apart(
    store: SqlConversationStore, library: Library
) -> None:
    """Equal times neither repeat nor hide a conversation at a page's edge."""
    for number in range(9):
        await exchange(store, f"c{number}")
    await store.database.write(
        lambda session: session.execute(text("UPDATE conversations SET updated_at = 1000"))
    )
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = await library.conversations(first=2, cursor=cursor)
        seen += [entry.id for entry in page.entries]
        cursor = page.cursor
    assert seen == [f"c{number}" for number in reversed(range(9))]


@pytest.mark.parametrize(
    "cursor", ["", "rubbish", "1-", "-1-1", "9" * 30 + "-1", "1-1; DROP", "٣-٣"]
)
async def test_an_unknown_cursor_starts_from_the_top(
    store: SqlConversationStore, library: Library, cursor: str
) -> None:
    """What did not come from a page is no error."""
    await exchange(store, "c1")
    page = await library.conversations(cursor=cursor)
    assert [entry.id for entry in page.entries] == ["c1"]


@pytest.mark.parametrize(("first", "shown"), [(0, 1), (-5, 1), (10**9, 3)])
async def test_the_size_of_a_page_is_bounded(
    store: SqlConversationStore, library: Library, first: int, shown: int
) -> None:
    """A page holds at least one conversation and never more than the limit."""
    for name in ("c1", "c2", "c3"):
        await exchange(store, name)
    assert len((await library.conversations(first=first)).entries) == shown <= LARGEST_PAGE


async def test_everybody_sees_their_own(store: SqlConversationStore, library: Library) -> None:
    """The filter by user holds for lists and for searches."""
    await exchange(store, "c1", user="anna")
    await exchange(store, "c2", user="ben")
    page = await library.conversations(user_id="anna")
    assert [entry.id for entry in page.entries] == ["c1"]
    assert await _found(library, "tree", "ben") == ["c2"]
    assert await _found(library, "tree", "nobody") == []


@pytest.mark.parametrize(
    "query",
    ["Müllabfuhr", "mullab", "MÜLL", "mu", "photosynthesis", "photo light", "  light\tphoto ",
     "garden waste", "grün-weiß", "e-mail@example.org", "🎉", "🎉 party", "日本"],
)  # fmt: skip
async def test_words_are_found_by_their_beginning(
    store: SqlConversationStore, library: Library, query: str
) -> None:
    """Titles and both sides of the talk are searched, without case and diacritics."""
    await exchange(store, "c0", "nothing here", "at all", title="Other")
    await exchange(
        store, "c1", "Photosynthesis needs light? 🎉 party grün-weiß e-mail@example.org",
        "Garden waste. 東京は日本です", title="Die Müllabfuhr",
    )  # fmt: skip
    assert await _found(library, query) == ["c1"]


@pytest.mark.parametrize(
    "query", ["muell", "ullabfuhr", "synthesis", "photo garden", "waste other", "🎈", "100%", "_"]
)
async def test_what_is_not_there_is_not_found(
    store: SqlConversationStore, library: Library, query: str
) -> None:
    """Middles of words, words of different messages and wildcards find nothing."""
    await exchange(store, "c1", "Photosynthesis needs light", "Garden waste", title="Müllabfuhr")
    assert await _found(library, query) == []


async def test_an_empty_search_lists_everything(
    store: SqlConversationStore, library: Library
) -> None:
    """A search box that holds nothing is no filter."""
    await exchange(store, "c1")
    assert await _found(library, "  \n ") == ["c1"]
    assert await _found(library, "") == ["c1"]


@pytest.mark.parametrize(
    "query",
    ['"', '""', '"a', "a*", "*", "a AND", "AND", "NOT a", "a OR b", "NEAR(a b)", "title:a", "(",
     ")", "a^2", "-a", "+", "{a b}", "'", "a;b", "\\", "\0", "a\0b", "\ud800", "%", "a" * 5000,
     "()" * 900, "x " * 2000, ":", "a:b", '"a" "b', "–", "…"],
)  # fmt: skip
async def test_no_query_is_a_syntax_error(
    store: SqlConversationStore, library: Library, query: str
) -> None:
    """Whatever is typed is looked for as it stands."""
    await exchange(store, "c1", "content \0 without those words")
    assert await _found(library, query) in ([], ["c1"])


async def test_random_queries_never_fail(store: SqlConversationStore, library: Library) -> None:
    """Arbitrary characters of all kinds reach neither SQL nor the search's syntax."""
    chance = random.Random(11)
    await exchange(store, "c1")
    for _ in range(300):
        query = "".join(
            chance.choice("ab\"*^:(){}+-'\\%_.,;  \t\0éß木🎉\u0301\ud800") for _ in range(12)
        )
        await library.conversations(search=query)


async def test_the_search_follows_every_change(
    store: SqlConversationStore, library: Library
) -> None:
    """Edits, renames, growing answers, drops and deletions are seen at once."""
    await exchange(store, "c1", "apple", "banana", title="cherry")
    await library.rename("c1", "damson")
    await store.add_prompt(prompt("c1-q1", "elder"), user_id="local", title="x")
    hits = {word: await _found(library, word) for word in ("apple", "cherry", "damson", "elder")}
    assert hits == {"apple": [], "cherry": [], "damson": ["c1"], "elder": ["c1"]}
    await store.begin_answer(answer("c1-a2", "fig"))
    assert await _found(library, "fig") == []
    await store.grow_answer("c1-a2", "fig grape")
    assert await _found(library, "grape") == []
    await store.finish_answer("c1-a2", "fig grape", AnswerStatus.COMPLETE, facts())
    assert await _found(library, "grape") == ["c1"]
    await store.begin_answer(answer("c1-a2", "hazel"))
    assert await _found(library, "grape") == []
    await store.drop_after("c1", "c1-q1")
    assert await _found(library, "banana") == []
    await library.delete_conversation("c1")
    assert await _found(library, "elder") == []
    await store.database.read(
        lambda session: session.execute(
            text("INSERT INTO message_search(message_search) VALUES ('integrity-check')")
        )
    )


async def test_an_interrupted_answer_is_found_after_a_restart(settings: Settings) -> None:
    """What a crash cut short is indexed when the store opens."""
    async with opened(settings) as store:
        await store.add_prompt(prompt("m1"), user_id="local", title="T")
        await store.begin_answer(answer("a1", "quince"))
    async with opened(settings) as store:
        assert await _found(Library(store.database), "quince") == ["c1"]


async def test_ratings_filter_the_list(store: SqlConversationStore, library: Library) -> None:
    """Thumbs up and thumbs down can be listed apart."""
    for name in ("c1", "c2", "c3"):
        await exchange(store, name)
    ratings = Ratings(store.database)
    await ratings.rate("c1-a1", 1)
    await ratings.rate("c2-a1", 0, "wrong")
    liked = await library.conversations(feedback=1)
    disliked = await library.conversations(feedback=0, search="tree")
    assert [entry.id for entry in liked.entries] == ["c1"]
    assert [entry.id for entry in disliked.entries] == ["c2"]


async def test_a_title_of_the_person_is_kept(store: SqlConversationStore, library: Library) -> None:
    """The program's titles replace its own, never the person's."""
    await exchange(store, "c1", title="First")
    assert await library.retitle("c1", "Second")
    entry = await library.conversation("c1")
    assert entry is not None
    assert (entry.title, entry.title_is_custom) == ("Second", False)
    assert await library.rename("c1", "Mine")
    assert not await library.retitle("c1", "Third")
    entry = await library.conversation("c1")
    assert entry is not None
    assert (entry.title, entry.title_is_custom) == ("Mine", True)


async def test_nothing_creates_a_conversation_but_its_first_prompt(
    store: SqlConversationStore, library: Library
) -> None:
    """Late calls about a conversation that is gone or temporary leave no trace."""
    attachments, ratings = Attachments(store.database), Ratings(store.database)
    assert not await library.rename("gone", "x")
    assert not await library.retitle("gone", "x")
    assert not await library.tag("gone", ["x"])
    assert not await library.add_metadata("gone", {"a": 1})
    assert not await attachments.put_step(step_columns({"id": "s", "threadId": "gone"}))
    assert not await attachments.put_element(element_columns({"id": "e", "threadId": "gone"}))
    assert not await ratings.set_favorite("gone", favorite=True)
    with pytest.raises(StorageError, match="not part of the saved history"):
        await ratings.rate("gone", 1)
    assert (await library.conversations()).entries == ()
    for table in ("messages", "steps", "elements", "feedback"):
        query = f"SELECT count(*) FROM {table}"  # noqa: S608 - constants
        assert await store.database.read(lambda s, query=query: s.scalar(text(query))) == 0  # type: ignore[misc]


async def test_metadata_is_merged(store: SqlConversationStore, library: Library) -> None:
    """Keys of one caller leave those of another alone; odd values do no harm."""
    await exchange(store, "c1")
    await library.add_metadata("c1", {"a": 1, "b": {"x": [1, "\0\ud800"]}})
    await library.add_metadata("c1", {"b": 2, "c": object(), "d": float("nan"), "e": 1.5})
    assert await library.tag("c1", ["one", "zwei"])
    entry = await library.conversation("c1")
    assert entry is not None
    assert entry.metadata == {"a": 1, "b": 2, "c": None, "d": None, "e": 1.5}
    assert entry.tags == ("one", "zwei")


async def test_metadata_of_two_callers_at_once_is_complete(
    store: SqlConversationStore, library: Library
) -> None:
    """Two merges at the same time lose nothing."""
    await exchange(store, "c1")
    await asyncio.gather(*(library.add_metadata("c1", {f"k{n}": n}) for n in range(10)))
    entry = await library.conversation("c1")
    assert entry is not None
    assert entry.metadata == {f"k{n}": n for n in range(10)}


async def test_people_are_known_by_their_name(library: Library) -> None:
    """Signing in again renews name and metadata, not the first time."""
    assert await library.person("anna") is None
    first = await library.welcome("anna", None, {"a": 1})
    second = await library.welcome("anna", "Anna", {"b": 2})
    assert (second.display_name, second.metadata) == ("Anna", {"b": 2})
    assert second.created_at == first.created_at
    assert await library.person("anna") == second


async def _fill_with_canary(store: SqlConversationStore, name: str, canary: str) -> None:
    """A conversation that holds ``canary`` wherever a conversation can hold text."""
    attachments, ratings = Attachments(store.database), Ratings(store.database)
    long = f"{canary} begins. " + f"and {canary} goes on. " * 400
    await exchange(store, name, long, long, title=f"About {canary}")
    await attachments.put_step(
        step_columns(
            {
                "id": f"{name}-s", "threadId": name, "type": "tool", "input": canary,
                "output": long, "metadata": {canary: canary}, "parentId": run_id(f"{name}-a1"),
            }
        )
    )  # fmt: skip
    element = element_columns(
        {"id": f"{name}-e", "threadId": name, "forId": f"{name}-q1", "name": canary}
    )
    await attachments.put_element({**element, "content": long.encode()})
    await ratings.rate(f"{name}-a1", 0, canary)
    await Library(store.database).add_metadata(name, {"note": canary})


def _files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes().lower() for path in folder.rglob("*") if path.is_file()}


async def test_a_deleted_conversation_leaves_no_trace(settings: Settings) -> None:
    """After deletion no file holds a word of it, while the program still runs."""
    async with opened(settings) as store:
        for number in range(5):
            await exchange(store, f"other{number}", "an apple a day", number=number)
        await _fill_with_canary(store, "c1", "Xylocanary")
        assert any(b"xylocanary" in content for content in _files(settings.data_dir).values())
        library = Library(store.database)
        assert await library.delete_conversation("c1")
        assert not await library.delete_conversation("c1")
        for name, content in _files(settings.data_dir).items():
            # The index keeps words without what they share with their neighbour.
            assert b"ylocanary" not in content, name
        for table in ("messages", "steps", "elements", "feedback"):
            query = f"SELECT count(*) FROM {table}"  # noqa: S608 - constants
            left = await store.database.read(lambda s, query=query: s.scalar(text(query)))  # type: ignore[misc]
            assert left == (10 if table == "messages" else 0)
        assert len(await _found(library, "apple")) == 5


async def test_dropped_messages_leave_no_trace_when_the_program_ends(settings: Settings) -> None:
    """An edit's dropped answers, their steps, files and ratings are gone after closing."""
    store = await open_store(settings)
    await exchange(store, "c1", "first", number=0)
    await _fill_with_canary(store, "c1", "Xylocanary")
    library = Library(store.database)
    await library.add_metadata("c1", {"note": ""})
    await library.rename("c1", "renamed")
    await store.add_prompt(prompt("c1-q1", "edited"), user_id="local", title="x")
    await library.delete_message("c1-q1")
    await store.drop_after("c1", "c1-q0")
    await store.aclose()
    for name, content in _files(settings.data_dir).items():
        assert b"ylocanary" not in content, name


async def test_deleting_one_message_spares_the_others(
    store: SqlConversationStore, library: Library
) -> None:
    """A message goes with its rating; its conversation stays."""
    await exchange(store, "c1")
    await Ratings(store.database).rate("c1-a1", 1)
    assert await library.delete_message("c1-a1")
    assert not await library.delete_message("c1-a1")
    assert [m.id for m in await store.messages("c1")] == ["c1-q1"]
    assert (await library.conversations(feedback=1)).entries == ()
