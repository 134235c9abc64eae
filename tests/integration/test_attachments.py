"""Attached files, through the real program."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.chat_client import ChatTab
from tests.documents import PICTURE, pdf, word
from tests.fakes.openai_server import FakeOpenAI
from tests.serving import Server, serving

pytestmark = pytest.mark.asyncio(loop_scope="session")

IBAN = "DE53677979049691425502"
PRIVATE = f"Bitte überweisen Sie die Miete auf {IBAN}.".encode()
HARMLESS = b"Tides rise and fall twice a day because of the Moon."
ASKED = "Summarise this for me, please."


def reasons(tab: ChatTab, answer: dict[str, object], language: str = "en") -> str:
    line = tab.line(answer)
    assert line is not None
    return " ".join(line["texts"][language]["details"])


async def test_a_private_file_stays_and_is_named(tab: ChatTab, cloud: FakeOpenAI) -> None:
    """What is private in a file keeps the message here, and the reason names the file."""
    name = await tab.attach("contract.pdf", pdf(f"Miete auf {IBAN}"), "application/pdf")
    answer = await tab.ask(ASKED, "cloud", [name])
    assert "something private in the file contract.pdf (bank account (IBAN))" in reasons(
        tab, answer
    )
    assert "in der Datei contract.pdf etwas Privates" in reasons(tab, answer, "de")
    assert not cloud.requests


async def test_a_harmless_file_goes_with_its_message(tab: ChatTab, cloud: FakeOpenAI) -> None:
    """The cloud is given the file's text below the question, each under its name."""
    files = [
        await tab.attach("tides_2024.txt", HARMLESS),
        await tab.attach("ebb.docx", word("Ebb tide.", rows=[["low", "high"]])),
    ]
    await tab.ask(ASKED, "cloud", files)
    assert cloud.requests[-1].messages[-1]["content"] == (
        f'{ASKED}\n\nAttached file "tides 2024.txt":\n{HARMLESS.decode()}\n(End of the file.)'
        '\n\nAttached file "ebb.docx":\nEbb tide.\nlow\thigh\n(End of the file.)'
    )


async def test_a_private_name_keeps_the_file_here(tab: ChatTab, cloud: FakeOpenAI) -> None:
    """The name of a file is judged like its text."""
    name = await tab.attach("Befund_Anna_Schmidt.txt", HARMLESS)
    answer = await tab.ask(ASKED, "cloud", [name])
    assert "in the file Befund_Anna_Schmidt.txt" in reasons(tab, answer)
    assert not cloud.requests


async def test_a_private_file_is_left_out_later(tab: ChatTab, cloud: FakeOpenAI) -> None:
    """A harmless later message goes to the cloud without the private file."""
    await tab.ask("Thanks for a look.", "auto", [await tab.attach("rent.txt", PRIVATE)])
    answer = await tab.ask("Explain how tides come about, in detail please.", "cloud")
    assert len(cloud.requests) == 1
    assert IBAN not in json.dumps(cloud.requests[0].body)
    assert "left out" in reasons(tab, answer)


async def test_placeholders_reach_into_files(tab: ChatTab, cloud: FakeOpenAI) -> None:
    """Under the policy redact, text and name of a file travel with placeholders."""
    await tab.change_settings(policy="redact")
    name = await tab.attach(
        "tides_John_Miller.txt", b"Ask John Miller, john.miller@gmx.net, about tides."
    )
    answer = await tab.ask(ASKED, "cloud", [name])
    sent = cloud.requests[-1].messages[-1]["content"]
    assert "[PERSON_1]" in sent
    assert "[EMAIL_1]" in sent
    assert not {"john", "miller"} & set(sent.lower().replace(".", " ").replace("_", " ").split())
    assert "replaced" in reasons(tab, answer)


async def test_editing_keeps_the_files(tab: ChatTab, cloud: FakeOpenAI) -> None:
    """An edited message is asked anew with the files that it had."""
    message = await tab.send(ASKED, "cloud", [await tab.attach("tides.txt", HARMLESS)])
    await tab.finished()
    await tab.edit(message, "Translate this, please.", "cloud")
    await tab.until(lambda: len(cloud.requests) == 2 and not tab.busy)
    sent = cloud.requests[-1].messages[-1]["content"]
    assert sent.startswith("Translate this, please.\n\nAttached file")
    assert HARMLESS.decode() in sent


async def test_what_is_shown_before_sending_holds_the_file(tab: ChatTab, cloud: FakeOpenAI) -> None:
    """Asking again in the cloud shows the file's text, and sends what was shown."""
    answer = await tab.ask("Hello!", "local", [await tab.attach("tides.txt", HARMLESS)])
    payload = {"answerId": answer["id"], "site": "cloud"}
    shown = await tab.act("ask_again", payload)
    assert HARMLESS.decode() in shown["preview"][-1]["content"]
    await tab.act("ask_again", {**payload, "digest": shown["digest"]})
    await tab.finished(2)
    assert cloud.requests[-1].messages[-1]["content"] == shown["preview"][-1]["content"]


async def test_a_file_alone_is_a_message(tab: ChatTab, cloud: FakeOpenAI) -> None:
    """A message without words of its own is answered, and named after its file."""
    await tab.ask("", "cloud", [await tab.attach("tides_in_short.txt", HARMLESS)])
    assert HARMLESS.decode() in cloud.requests[-1].messages[-1]["content"]
    assert (await tab.threads())[0]["name"] == "tides in short.txt"


async def test_files_survive_a_crash(tmp_path: Path, cloud: FakeOpenAI) -> None:
    """After a kill, text and bytes are there: shown, exported, found, deleted for good."""
    data = tmp_path / "data"
    async with serving(data) as server:
        async with ChatTab(server.url) as tab:
            message = await tab.send("Look.", "auto", [await tab.attach("Wal_über.txt", PRIVATE)])
            await tab.finished()
            thread = tab.thread
        server.kill()
    async with serving(data) as server, ChatTab(server.url, thread=thread) as tab:
        await tab.until(lambda: tab.resumed is not None)
        (file,) = tab.files[message]
        given = await tab.http.get(file["url"])
        assert (file["name"], given.content) == ("Wal_über.txt", PRIVATE)
        assert given.headers["content-disposition"].startswith("attachment;")
        exported = (await tab.http.get(f"/api/export/{thread}.json")).json()
        assert exported["messages"][0]["files"][0]["text"] == PRIVATE.decode()
        assert IBAN in (await tab.http.get(f"/api/export/{thread}.md")).text
        assert await tab.threads("miete")
        assert await tab.threads("wal")
        await tab.http.request("DELETE", "/project/thread", json={"threadId": thread})
        assert (await tab.http.get(file["url"])).status_code == 404
        assert not await tab.threads("miete")
    held = b"".join(path.read_bytes() for path in data.rglob("*") if path.is_file())
    assert IBAN.encode() not in held


async def test_a_temporary_conversation_keeps_no_file(tmp_path: Path) -> None:
    """Its file is answered and can be saved again, and nothing of it touches the disk."""
    data = tmp_path / "data"
    async with serving(data) as server, ChatTab(server.url) as tab:
        await tab.change_settings(temporary=True)
        message = await tab.send("Look.", "auto", [await tab.attach("rent.txt", PRIVATE)])
        await tab.finished()
        given = await tab.http.get(tab.files[message][0]["url"])
        assert given.content == PRIVATE
    held = b"".join(path.read_bytes() for path in data.rglob("*") if path.is_file())
    assert IBAN.encode() not in held


@pytest.mark.parametrize(
    ("name", "media_type", "data", "sentence"),
    [
        ("photo.png", "image/png", PICTURE, "Nearside cannot read pictures."),
        ("scan.pdf", "application/pdf", pdf(""), "pictures of pages"),
        ("locked.pdf", "application/pdf", pdf("x", password="y"), "locked with a password"),
        ("empty.txt", "text/plain", b" \n", "There is no text in this file"),
        ("big.txt", "text/plain", b"a" * 10_100_000, "larger than 10 MB"),
        ("long.txt", "text/plain", b"a" * 1_000_001, "more than 1,000,000 characters"),
    ],
)
async def test_what_cannot_be_read_is_refused_while_attaching(
    tab: ChatTab, name: str, media_type: str, data: bytes, sentence: str
) -> None:
    """One sentence says why a file is not attached, before anything is sent."""
    assert sentence in await tab.attach(name, data, media_type)


async def test_a_message_without_its_file_is_not_sent(tab: ChatTab, cloud: FakeOpenAI) -> None:
    """If a file has gone meanwhile, nothing is sent and the words go back to the box."""
    await tab.attach("tides.txt", HARMLESS)
    await tab.send(ASKED, "cloud", ["no-such-file"])
    await tab.until(lambda: bool(tab.unsent) and not tab.busy)
    assert tab.unsent == [ASKED]
    assert [message["output"] for message in tab.answers()] == [
        "An attached file is not there any more, so nothing was sent. Please attach it again."
    ]
    assert not cloud.requests


async def test_too_many_files_are_not_sent(tab: ChatTab, cloud: FakeOpenAI) -> None:
    """Six files on one message are refused in one sentence, with the words kept."""
    files = [await tab.attach(f"{number}.txt", HARMLESS) for number in range(6)]
    await tab.send(ASKED, "cloud", files)
    await tab.until(lambda: bool(tab.unsent) and not tab.busy)
    assert "At most 5 files" in str(list(tab.messages.values()))
    assert not cloud.requests


async def test_german_sentences(shared_server: Server, cloud: FakeOpenAI) -> None:
    """A German reader is told in German why a file is not attached."""
    async with ChatTab(shared_server.url, language="de-DE") as tab:
        assert "kann keine Bilder lesen" in await tab.attach("foto.png", PICTURE, "image/png")


async def test_only_its_own_tab_may_attach(shared_server: Server) -> None:
    """Nobody else can put a file into somebody's message, or read a file."""
    async with ChatTab(shared_server.url) as tab:
        tab.http.cookies.clear()
        response = await tab.http.post(
            "/project/file", params={"session_id": tab.session}, files={"file": ("a", b"a")}
        )
        assert response.status_code == 404
        assert (await tab.http.get("/api/files/x/y")).status_code == 404
