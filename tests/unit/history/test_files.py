"""Attached files in the history: kept, shown, found, exported, deleted for good."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from services.attachment import Attachment
from services.domain import AnswerStatus, StoredMessage
from services.errors import StorageFull
from services.history.attachments import Attachments
from services.history.chainlit_layer import ChainlitDataLayer
from services.history.export import as_json, markdown
from services.history.library import Library
from services.history.opinions import opinions
from services.history.ratings import Ratings
from services.history.spool import SpoolingStore
from services.history.store import SqlConversationStore, opened
from services.history.thread_view import file_element
from services.settings import Settings
from tests.unit.history.builders import answer, facts, prompt

CONTRACT = Attachment("f1", "Miet_vertrag.pdf", "application/pdf", "Die Miete ```", b"%PDF-1")
NOTES = Attachment("f2", "notes.txt", "text/plain", "Ebb and flow", b"Ebb and flow")


def asked(*files: Attachment, name: str = "q1", text: str = "Look") -> StoredMessage:
    """A prompt with files."""
    return replace(prompt(name, text), files=files)


async def _keep(store: SqlConversationStore, message: StoredMessage) -> None:
    await store.add_prompt(message, user_id="local", title="T")


async def _found(store: SqlConversationStore, query: str) -> int:
    return len((await Library(store.database).conversations(search=query)).entries)


async def test_files_come_back_with_their_message(settings: Settings) -> None:
    """After a restart, text and order are there; the bytes lie apart, as an element."""
    async with opened(settings) as store:
        await _keep(store, asked(CONTRACT, NOTES))
        await _keep(store, prompt("q2"))
    async with opened(settings) as store:
        first, second = await store.messages("c1")
        assert (first.files, second.files) == ((CONTRACT, NOTES), ())
        assert not first.files[0].original
        element = await Attachments(store.database).element("c1", "f1")
    assert element is not None
    assert (element.content, element.for_id, element.type) == (b"%PDF-1", "q1", "file")


async def test_a_resume_shows_what_was_shown_live(store: SqlConversationStore) -> None:
    """The element of a file is the same when it is sent and when it is read again."""
    await _keep(store, asked(CONTRACT))
    layer = ChainlitDataLayer(store, lambda _: {}, element_url=lambda home, name: f"/{home}/{name}")
    thread = await layer.get_thread("c1")
    assert thread is not None
    (shown,) = thread["elements"] or []
    assert file_element(CONTRACT, "q1", "/c1/f1").items() <= shown.items()


async def test_an_edit_keeps_the_files(store: SqlConversationStore) -> None:
    """The same message again neither loses its files nor doubles them."""
    await _keep(store, asked(CONTRACT))
    (kept,) = await store.messages("c1")
    await _keep(store, replace(kept, content="Look again"))
    (edited,) = await store.messages("c1")
    assert (edited.content, edited.files) == ("Look again", (CONTRACT,))
    assert await Attachments(store.database).element("c1", "f1") is not None


@pytest.mark.parametrize(
    ("query", "found"),
    [("miet vertrag", 1), ("ebb", 1), ("notes flow", 1), ("vertrag ebb", 0), ("🌊", 0), ("```", 1)],
)
async def test_files_are_found(store: SqlConversationStore, query: str, found: int) -> None:
    """Name and text of one file are searched together, by words or as plain text."""
    await _keep(store, asked(CONTRACT, NOTES))
    assert await _found(store, query) == found


async def test_what_goes_takes_its_files_along(store: SqlConversationStore) -> None:
    """An edit before it, its own deletion and that of the conversation delete files."""
    elements = Attachments(store.database)
    await _keep(store, asked(name="q0"))
    await _keep(store, asked(CONTRACT))
    await store.drop_after("c1", "q0")
    assert (await elements.element("c1", "f1"), await _found(store, "miete")) == (None, 0)
    await _keep(store, asked(CONTRACT))
    await Library(store.database).delete_message("q1")
    assert (await elements.element("c1", "f1"), await _found(store, "miete")) == (None, 0)
    await _keep(store, asked(CONTRACT))
    await Library(store.database).delete_conversation("c1")
    assert (await elements.element("c1", "f1"), await _found(store, "miete")) == (None, 0)


async def test_a_deleted_file_leaves_no_trace(settings: Settings) -> None:
    """Neither words nor bytes of it are left in the files of the history."""
    file = replace(NOTES, name="Xylofon.txt", text="Quarzsand", original=b"Kieselerde")
    async with opened(settings) as store:
        await _keep(store, asked(file))
        await Library(store.database).delete_conversation("c1")
    held = b"".join(path.read_bytes() for path in settings.data_dir.iterdir() if path.is_file())
    assert not [word for word in (b"ylofon", b"uarzsand", b"ieselerde") if word in held.lower()]


async def test_exports_hold_the_files(store: SqlConversationStore) -> None:
    """JSON has the text with its name; Markdown has it as a block that nothing breaks."""
    await _keep(store, asked(CONTRACT))
    whole = json.loads("".join([piece async for piece in as_json(store.database, "c1")]))
    assert whole["messages"][0]["files"] == [
        {"name": "Miet_vertrag.pdf", "media_type": "application/pdf", "text": "Die Miete ```"}
    ]
    text = "".join([piece async for piece in markdown(store.database, "c1")])
    assert "\nLook\n\n*Miet\\_vertrag.pdf*\n\n````\nDie Miete ```\n````\n" in text


async def test_judged_answers_know_the_files(store: SqlConversationStore) -> None:
    """What is learned from thumbs is learned about the whole prompt."""
    await _keep(store, asked(CONTRACT))
    reply = replace(answer("a1", reply_to="q1"), facts=None)
    await store.begin_answer(reply)
    local = replace(facts(), route=facts().route.LOCAL)
    await store.finish_answer("a1", "Fine", AnswerStatus.COMPLETE, local)
    await Ratings(store.database).rate("a1", 1, None)
    (opinion,) = await opinions(store.database)
    assert opinion.stored[0].files == (CONTRACT,)


class Refusing(SqlConversationStore):
    """A store that refuses prompts while ``full``."""

    full = True

    async def add_prompt(self, message: StoredMessage, *, user_id: str, title: str) -> None:
        """Store or refuse."""
        if self.full:
            raise StorageFull
        await super().add_prompt(message, user_id=user_id, title=title)


async def test_files_wait_with_their_message(store: SqlConversationStore) -> None:
    """What a full disk refused is in memory, and is written later with its bytes."""
    refusing = Refusing(store.database)
    spool = SpoolingStore(refusing)
    await spool.add_prompt(asked(CONTRACT), user_id="local", title="T")
    (waiting,) = await spool.messages("c1")
    assert waiting.files[0].original == b"%PDF-1"
    refusing.full = False
    await spool.aclose()
    (kept,) = await store.messages("c1")
    assert kept.files == (CONTRACT,)
    element = await Attachments(store.database).element("c1", "f1")
    assert element is not None
    assert element.content == b"%PDF-1"
