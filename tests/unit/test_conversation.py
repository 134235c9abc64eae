"""One message from the prompt to the stored answer."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from services.accounting import Accounts
from services.attachment import Attachment
from services.conversation import ConversationService
from services.domain import (
    AnswerFacts,
    AnswerStatus,
    Candidate,
    Message,
    Mode,
    Role,
    Route,
    RouteRequest,
    Site,
    Token,
)
from services.errors import BackendUnavailable, InvalidMessage
from services.generation import Outcome
from services.history.memory import MemoryStore
from services.ports import ChatBackend
from services.prices import load_prices
from services.prompts import MAX_PROMPT_CHARACTERS, Prompt, digest
from tests.fakes.services import FakeBackend, FakeRouter, FakeSpending


class Bench:
    """A conversation service over fakes, and everything to look at afterwards."""

    def __init__(
        self,
        folder: Path,
        *backends: FakeBackend,
        sites: Sequence[Site] = (Site.LOCAL,),
        budget: float | None = None,
    ) -> None:
        self.store, self.temporary = MemoryStore(), MemoryStore()
        self.router = FakeRouter(sites)
        self.spending = FakeSpending()
        self.ended: list[tuple[AnswerFacts, AnswerStatus]] = []
        chosen: dict[Site, ChatBackend] = {b.site: b for b in backends or (FakeBackend(),)}
        self.service = ConversationService(
            router=self.router,
            backends=chosen,
            store=self.store,
            temporary=self.temporary,
            accounts=Accounts(self.spending, load_prices(folder), budget),
            title=lambda text: text[:20],
            answered=lambda facts, status: self.ended.append((facts, status)),
        )


def asks(text: str, message_id: str = "p1", **changes: object) -> Prompt:
    """A prompt in conversation ``c``."""
    return replace(Prompt("c", message_id, text, "u"), **changes)  # type: ignore[arg-type]


async def test_an_answer_is_stored_with_its_facts(tmp_path: Path) -> None:
    """Prompt and answer end in the store; the facts say where it came from."""
    bench = Bench(tmp_path)
    answer = await (await bench.service.reply(asks("Hi"))).wait()
    prompt, stored = await bench.store.messages("c")
    assert (prompt.role, prompt.content) == (Role.USER, "Hi")
    assert stored == replace(answer, created_at=stored.created_at)
    assert (stored.content, stored.status) == ("Hello there", AnswerStatus.COMPLETE)
    assert stored.facts is not None
    assert (stored.facts.route, stored.facts.model) == (Route.LOCAL, "fake-local")
    assert stored.facts.usage is not None
    assert stored.facts.first_token_ms is not None
    assert bench.ended == [(stored.facts, AnswerStatus.COMPLETE)]


async def test_the_prompt_is_stored_before_any_model_is_asked(tmp_path: Path) -> None:
    """When reply returns, the prompt is in the store and nobody has been asked."""
    backend = FakeBackend()
    bench = Bench(tmp_path, backend)
    live = await bench.service.reply(asks("Hi"))
    assert [message.content for message in await bench.store.messages("c")] == ["Hi"]
    assert not backend.asked
    await live.wait()


async def test_stop_keeps_what_was_streamed(tmp_path: Path) -> None:
    """A stopped answer stays, marked as interrupted, and the backend is closed."""
    backend = FakeBackend(pieces=("One", "Two"), gate=asyncio.Event())
    bench = Bench(tmp_path, backend)
    live = await bench.service.reply(asks("Hi"))
    async for _ in live.follow(0):
        break
    bench.service.stop("c")
    answer = await live.wait()
    assert (answer.content, answer.status) == ("One", AnswerStatus.INTERRUPTED)
    assert (await bench.store.messages("c"))[-1].content == "One"
    assert backend.closed == 1


async def test_stop_without_an_answer_is_harmless(tmp_path: Path) -> None:
    """Stop in a quiet conversation does nothing."""
    bench = Bench(tmp_path)
    bench.service.stop("nowhere")
    assert await bench.store.messages("nowhere") == []


async def test_an_edit_drops_what_came_after(tmp_path: Path) -> None:
    """A known message id replaces the text and everything after it."""
    bench = Bench(tmp_path)
    await (await bench.service.reply(asks("First"))).wait()
    await (await bench.service.reply(asks("Second", "p2"))).wait()
    await (await bench.service.reply(asks("Edited"))).wait()
    assert [message.content for message in await bench.store.messages("c")] == [
        "Edited",
        "Hello there",
    ]


async def test_an_edit_during_the_answer_stops_it_first(tmp_path: Path) -> None:
    """Editing while the answer streams leaves one answer, the new one."""
    gate = asyncio.Event()
    bench = Bench(tmp_path, FakeBackend(pieces=("One", "Two"), gate=gate))
    first = await bench.service.reply(asks("First"))
    async for _ in first.follow(0):
        break
    second = await bench.service.reply(asks("Edited"))
    assert first.message.status is AnswerStatus.INTERRUPTED
    gate.set()
    await second.wait()
    stored = [message.content for message in await bench.store.messages("c")]
    assert stored == ["Edited", "OneTwo"]


async def test_a_wait_in_the_queue_is_shown_and_its_end_too(tmp_path: Path) -> None:
    """The places of the model's queue reach whoever follows the answer."""
    gate = asyncio.Event()
    bench = Bench(tmp_path, FakeBackend(waits=(2, 0), pieces=(), gate=gate))
    live = await bench.service.reply(asks("Hi"))
    places = [place async for place in live.places()]
    assert places[-1:] == [0]
    assert (await live.wait()).status is AnswerStatus.COMPLETE


async def test_how_sure_the_model_was_is_stored(tmp_path: Path) -> None:
    """The confidence of an answer is one of its facts."""
    bench = Bench(tmp_path, FakeBackend(confidence=-0.5))
    await (await bench.service.reply(asks("Hi"))).wait()
    facts = (await bench.store.messages("c"))[-1].facts
    assert facts is not None
    assert facts.confidence == -0.5


async def test_two_tabs_take_turns(tmp_path: Path) -> None:
    """Two prompts at once in one conversation are answered one after the other."""
    gate = asyncio.Event()
    backend = FakeBackend(pieces=("A", "B"), gate=gate)
    bench = Bench(tmp_path, backend)
    first = await bench.service.reply(asks("one"))
    second = await bench.service.reply(asks("two", "p2"))
    async for _ in first.follow(0):
        break
    assert len(backend.asked) == 1
    gate.set()
    await asyncio.gather(first.wait(), second.wait())
    assert [message.content for message in backend.asked[1]] == ["one", "AB", "two"]


async def test_history_and_system_prompt_travel(tmp_path: Path) -> None:
    """The model is given the system prompt and the earlier turns."""
    backend = FakeBackend()
    bench = Bench(tmp_path, backend)
    await (await bench.service.reply(asks("one", system="S"))).wait()
    await (await bench.service.reply(asks("two", "p2", system="S"))).wait()
    assert [message.content for message in backend.asked[1]] == ["S", "one", "Hello there", "two"]


async def test_temporary_conversations_are_not_stored(tmp_path: Path) -> None:
    """A temporary prompt and its answer never reach the store."""
    bench = Bench(tmp_path)
    await (await bench.service.reply(asks("Hi", temporary=True))).wait()
    assert await bench.store.messages("c") == []
    assert len(await bench.temporary.messages("c")) == 2


@pytest.mark.parametrize("text", ["", "  \n ", "\0\0"])
async def test_an_empty_prompt_is_refused(tmp_path: Path, text: str) -> None:
    """Nothing to answer: one sentence, nothing stored."""
    bench = Bench(tmp_path)
    with pytest.raises(InvalidMessage):
        await bench.service.reply(asks(text))
    assert await bench.store.messages("c") == []


async def test_a_book_is_refused(tmp_path: Path) -> None:
    """More than a million characters are refused with a sentence that says so."""
    with pytest.raises(InvalidMessage, match="1,000,000"):
        await Bench(tmp_path).service.reply(asks("x" * (MAX_PROMPT_CHARACTERS + 1)))


async def test_odd_characters_are_made_harmless(tmp_path: Path) -> None:
    """NUL and lone surrogates do not reach store or model; emoji do."""
    backend = FakeBackend()
    bench = Bench(tmp_path, backend)
    await (await bench.service.reply(asks("a\0b\ud800c👍"))).wait()
    assert backend.asked[0][-1].content == "ab\ufffdc👍"


async def test_asking_again_keeps_the_first_answer(tmp_path: Path) -> None:
    """The second answer stands beside the first; the model sees only the prompt."""
    backend = FakeBackend()
    bench = Bench(tmp_path, backend)
    first = await (await bench.service.reply(asks("Hi"))).wait()
    prompt = asks("")
    assert await bench.service.prompt_of(prompt, first.id) == "p1"
    await bench.service.answer_again(prompt).wait()
    stored = await bench.store.messages("c")
    assert [message.reply_to for message in stored] == [None, "p1", "p1"]
    assert [message.content for message in backend.asked[1]] == ["Hi"]


async def test_the_answer_says_why_it_failed(tmp_path: Path) -> None:
    """With no model there the prompt is refused, with the error's key."""
    bench = Bench(tmp_path, FakeBackend(error=BackendUnavailable()))
    answer = await (await bench.service.reply(asks("Hi"))).wait()
    assert answer.status is AnswerStatus.REFUSED
    assert answer.facts is not None
    assert answer.facts.error == "error.backend_unavailable"


async def test_a_bug_in_a_backend_ends_the_answer(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """An unexpected error leaves no hanging chat, and no prompt in the log."""
    broken = FakeBackend(error=RuntimeError("secret prompt text"), error_after=1)
    bench = Bench(tmp_path, broken)
    answer = await (await bench.service.reply(asks("Hi"))).wait()
    assert (answer.content, answer.status) == ("Hello", AnswerStatus.INTERRUPTED)
    assert "RuntimeError" in caplog.text
    assert "secret" not in caplog.text


async def test_a_released_prompt_is_sent_only_as_it_was_shown(tmp_path: Path) -> None:
    """Consent counts for exactly the messages that the person saw."""
    bench = Bench(tmp_path, FakeBackend(), FakeBackend(Site.CLOUD), sites=(Site.CLOUD,))
    await (await bench.service.reply(asks("Hi"))).wait()
    shown = await bench.service.preview(asks("", mode=Mode.CLOUD))
    assert shown.candidate is not None
    assert shown.digest == digest((Message(Role.USER, "Hi"),))
    await bench.service.answer_again(asks("", mode=Mode.CLOUD, released=shown.digest)).wait()
    assert bench.router.requests[-1].consent
    await bench.service.answer_again(asks("", mode=Mode.CLOUD, released="other")).wait()
    assert not bench.router.requests[-1].consent


async def test_the_router_knows_what_is_there(tmp_path: Path) -> None:
    """Availability and the budget reach the router with every request."""
    bench = Bench(tmp_path, FakeBackend(), budget=1.0)
    await bench.service.route(RouteRequest((Message(Role.USER, "x"),)))
    bench.spending.rows.append(1.0)
    await bench.service.route(RouteRequest((Message(Role.USER, "x"),)))
    first, second = bench.router.requests
    assert (first.local_available, first.cloud_available, first.cloud_blocked) == (
        True,
        False,
        None,
    )
    assert second.cloud_blocked == "budget_used_up"


async def test_complete_stores_nothing(tmp_path: Path) -> None:
    """The HTTP entrance's conversations are answered but not kept."""
    bench = Bench(tmp_path)
    request = RouteRequest((Message(Role.USER, "Hi"),))
    events = [event async for event in bench.service.complete(request, asks("").options)]
    kinds = [type(event) for event in events]
    assert kinds[1:2] == [Candidate]
    assert kinds[-2:] == [Outcome, AnswerFacts]
    assert "".join(e.text for e in events if isinstance(e, Token)) == "Hello there"
    assert await bench.store.messages("c") == []


async def test_closing_stores_what_streams(tmp_path: Path) -> None:
    """Ending the program stops the answers and waits until they are stored."""
    bench = Bench(tmp_path, FakeBackend(pieces=("One", "Two"), gate=asyncio.Event()))
    live = await bench.service.reply(asks("Hi"))
    async for _ in live.follow(0):
        break
    await bench.service.aclose()
    assert (await bench.store.messages("c"))[-1].status is AnswerStatus.INTERRUPTED


async def test_stop_reaches_an_answer_that_has_not_begun(tmp_path: Path) -> None:
    """Stop right after sending ends the answer before any model is asked for long."""
    bench = Bench(tmp_path, FakeBackend(pieces=("One", "Two"), gate=asyncio.Event()))
    first = await bench.service.reply(asks("one"))
    second = await bench.service.reply(asks("two", "p2"))
    bench.service.stop("c")
    ended = await asyncio.gather(first.wait(), second.wait())
    assert [answer.status for answer in ended] == [AnswerStatus.INTERRUPTED] * 2
    assert bench.service.live("c") is None


FILE = Attachment("f", "Ebb_and_flow.txt", "text/plain", "Ebb follows flood.", b"Ebb")


async def test_files_are_part_of_the_prompt(tmp_path: Path) -> None:
    """Model and router are given the file's text; the store keeps it beside the words."""
    backend = FakeBackend()
    bench = Bench(tmp_path, backend)
    await (await bench.service.reply(asks("Sum up", files=(FILE,)))).wait()
    (turn,) = bench.router.requests[0].messages
    assert backend.asked[0] == (turn,)
    assert turn.content.startswith('Sum up\n\nAttached file "Ebb and flow.txt":')
    (span,) = turn.files
    assert (span.name, "Ebb follows flood." in turn.content[span.start :]) == (FILE.name, True)
    prompt, _ = await bench.store.messages("c")
    assert (prompt.content, prompt.files) == ("Sum up", (FILE,))


async def test_an_edit_keeps_its_files(tmp_path: Path) -> None:
    """An edited prompt is asked with the files that it had, later ones as well."""
    backend = FakeBackend()
    bench = Bench(tmp_path, backend)
    await (await bench.service.reply(asks("Sum up", files=(FILE,)))).wait()
    await (await bench.service.reply(asks("Translate"))).wait()
    await (await bench.service.reply(asks("And now?", "p2"))).wait()
    assert backend.asked[1][0].content.startswith("Translate\n\nAttached file")
    assert backend.asked[2][0] == backend.asked[1][0]


async def test_a_file_needs_no_words(tmp_path: Path) -> None:
    """A file alone is a message, which its name gives a title."""
    bench = Bench(tmp_path)
    await (await bench.service.reply(asks(" ", files=(FILE,)))).wait()
    assert bench.router.requests[0].messages[0].files


async def test_words_and_files_have_one_limit(tmp_path: Path) -> None:
    """Together they are no longer than a message may be, and what is refused is not stored."""
    bench = Bench(tmp_path)
    long = replace(FILE, text="a" * (MAX_PROMPT_CHARACTERS - 5))
    with pytest.raises(InvalidMessage) as caught:
        await bench.service.reply(asks("Sum up", files=(long,)))
    assert caught.value.text_key == "error.files_too_long"
    assert await bench.store.messages("c") == []
