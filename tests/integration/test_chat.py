"""The chat as a browser speaks to it, through the real program."""

from __future__ import annotations

import hashlib

import pytest

from tests.chat_client import ChatTab
from tests.fakes.openai_behaviours import Script
from tests.fakes.openai_server import FakeOpenAI
from tests.serving import Server

pytestmark = pytest.mark.asyncio(loop_scope="session")

SLOW = Script(pieces=tuple(f"word{i} " for i in range(2000)), delay=0.01)
SECRET = "Mein Passwort ist Zitronenfalter77, bitte merken."


async def test_a_short_prompt_is_answered_here(tab: ChatTab, cloud: FakeOpenAI) -> None:
    """The built-in model answers, its line says so, and the cloud hears nothing."""
    answer = await tab.ask("Hello!")
    line = tab.line(answer)
    assert line is not None
    assert (line["route"], line["status"]) == ("local", "complete")
    assert line["texts"]["en"]["line"].startswith("On this computer · built-in guide")
    assert not cloud.requests


async def test_the_cloud_streams(tab: ChatTab, cloud: FakeOpenAI) -> None:
    """A prompt for the cloud is streamed from there, with its cost."""
    answer = await tab.ask("Tell me about tides.", "cloud")
    line = tab.line(answer)
    assert answer["output"] == "Hello world!"
    assert line is not None
    assert line["route"] == "cloud"
    assert "USD" in line["texts"]["en"]["line"]
    assert cloud.requests[-1].messages[-1]["content"] == "Tell me about tides."


async def test_a_private_prompt_stays(tab: ChatTab, cloud: FakeOpenAI) -> None:
    """Even with the cloud picked a private prompt is answered here, and the line says why."""
    answer = await tab.ask(SECRET, "cloud")
    line = tab.line(answer)
    assert line is not None
    assert line["route"] == "local"
    assert any("private" in detail for detail in line["texts"]["en"]["details"])
    assert not cloud.requests


async def test_an_earlier_private_turn_does_not_travel(tab: ChatTab, cloud: FakeOpenAI) -> None:
    """A later public prompt goes to the cloud without the private turn and its answer."""
    await tab.ask(SECRET)
    answer = await tab.ask("Explain how tides come about, in detail please.", "cloud")
    assert answer["output"] == "Hello world!"
    body = str(cloud.requests[-1].body)
    assert "Zitronenfalter77" not in body
    assert "tides" in body
    line = tab.line(answer)
    assert line is not None
    assert any("left out" in detail for detail in line["texts"]["en"]["details"])


async def test_stop_keeps_what_came(tab: ChatTab, cloud: FakeOpenAI) -> None:
    """Stop ends the answer within moments; the part stays, marked, also after a reload."""
    cloud.script = SLOW
    await tab.send("Tell me about tides.", "cloud")
    await tab.until(lambda: any("word3" in answer["output"] for answer in tab.answers()))
    await tab.stop()
    answer = await tab.finished()
    line = tab.line(answer)
    assert line is not None
    assert line["status"] == "interrupted"
    assert line["texts"]["en"]["line"].startswith("Interrupted")
    assert "word3" in answer["output"]
    async with ChatTab(tab.url, thread=tab.thread) as again:
        await again.until(lambda: again.resumed is not None)
        assert again.answers()[-1]["output"] == answer["output"]


async def test_an_edit_answers_again(tab: ChatTab, cloud: FakeOpenAI) -> None:
    """Editing a message replaces it and what came after it."""
    first = await tab.send("Tell me about tides.", "cloud")
    await tab.finished()
    await tab.ask("And about the moon, in general terms?", "cloud")
    cloud.script = Script(pieces=("Edited",))
    await tab.edit(first, "Tell me about winds.", "cloud")
    await tab.until(lambda: any(a["output"] == "Edited" for a in tab.answers()))
    await tab.until(lambda: not tab.busy)
    async with ChatTab(tab.url, thread=tab.thread) as again:
        await again.until(lambda: again.resumed is not None)
        shown = [m["output"] for m in again.messages.values() if "message" in m["type"]]
        assert shown == ["Tell me about winds.", "Edited"]


async def test_an_answer_to_an_edit_can_be_stopped(tab: ChatTab, cloud: FakeOpenAI) -> None:
    """Stop works after an edit as it does after a prompt."""
    first = await tab.send("Tell me about tides.", "cloud")
    await tab.finished()
    cloud.script = SLOW
    await tab.edit(first, "Tell me about winds.", "cloud")
    await tab.until(lambda: any("word1" in answer["output"] for answer in tab.answers()))
    await tab.stop()
    await tab.until(
        lambda: any((tab.line(a) or {}).get("status") == "interrupted" for a in tab.answers())
    )


async def test_a_reload_in_mid_stream_goes_on(tab: ChatTab, cloud: FakeOpenAI) -> None:
    """A second tab on the conversation shows what has come and then the rest."""
    cloud.script = Script(pieces=tuple(f"word{i} " for i in range(150)), delay=0.01)
    await tab.send("Tell me about tides.", "cloud")
    await tab.until(lambda: any("word5 " in answer["output"] for answer in tab.answers()))
    async with ChatTab(tab.url, thread=tab.thread) as again:
        answer = await again.finished()
    assert answer["output"] == "".join(f"word{i} " for i in range(150))
    assert again.frames > 1


async def test_two_tabs_do_not_mix(shared_server: Server, cloud: FakeOpenAI) -> None:
    """Two conversations at once each get their own answer."""
    cloud.script = Script(pieces=tuple(f"word{i} " for i in range(50)), delay=0.005)
    async with ChatTab(shared_server.url) as one, ChatTab(shared_server.url) as two:
        await one.send("Tell me about tides.", "cloud")
        await two.send("Tell me about winds.", "cloud")
        first, second = await one.finished(), await two.finished()
    assert first["output"] == second["output"] == "".join(f"word{i} " for i in range(50))
    assert one.thread != two.thread


async def test_resume_has_the_full_context(tab: ChatTab, cloud: FakeOpenAI) -> None:
    """After a resume the next prompt travels with the earlier turns."""
    await tab.ask("Tell me about tides.", "cloud")
    async with ChatTab(tab.url, thread=tab.thread) as again:
        await again.until(lambda: again.resumed is not None)
        await again.ask("Tell me about winds as well.", "cloud")
    sent = [message["content"] for message in cloud.requests[-1].messages]
    assert sent[-3:] == ["Tell me about tides.", "Hello world!", "Tell me about winds as well."]


async def test_the_sidebar_finds_titles_and_messages(tab: ChatTab, cloud: FakeOpenAI) -> None:
    """A conversation has a title from its first prompt and is found by what was said in it."""
    cloud.script = Script(pieces=("The quokka smiles.",))
    await tab.ask("Which animal seems to smile?", "cloud")
    titles = {thread["id"]: thread["name"] for thread in await tab.threads()}
    assert titles[tab.thread] == "Which animal seems to smile?"
    assert [thread["id"] for thread in await tab.threads("quokka")] == [tab.thread]
    assert await tab.threads("nothing-like-that") == []


async def test_rename_and_delete(tab: ChatTab) -> None:
    """A conversation can be renamed and deleted; deleted is gone."""
    await tab.ask("Hello!")
    renamed = {"threadId": tab.thread, "name": "Greetings of mine"}
    (await tab.http.put("/project/thread", json=renamed)).raise_for_status()
    assert "Greetings of mine" in [thread["name"] for thread in await tab.threads()]
    gone = await tab.http.request("DELETE", "/project/thread", json={"threadId": tab.thread})
    gone.raise_for_status()
    assert tab.thread not in [thread["id"] for thread in await tab.threads()]


async def test_feedback_survives_a_reload(tab: ChatTab) -> None:
    """A thumb with a comment is shown again where it was given."""
    answer = await tab.ask("Hello!")
    run = answer["parentId"]
    feedback = {"forId": run, "threadId": tab.thread, "value": 1, "comment": "nice"}
    body = {"feedback": feedback, "sessionId": tab.session}
    (await tab.http.put("/feedback", json=body)).raise_for_status()
    async with ChatTab(tab.url, thread=tab.thread) as again:
        await again.until(lambda: again.resumed is not None)
        assert again.messages[run]["feedback"]["value"] == 1
        assert again.messages[run]["feedback"]["comment"] == "nice"


async def test_export(tab: ChatTab) -> None:
    """One conversation leaves as Markdown and JSON, all of them as JSON Lines."""
    await tab.ask("Hello!")
    markdown = await tab.http.get(f"/api/export/{tab.thread}.md")
    plain = await tab.http.get(f"/api/export/{tab.thread}.json")
    everything = await tab.http.get("/api/export/all.jsonl")
    assert markdown.text.startswith("# Hello!")
    assert "On this computer" in markdown.text
    assert plain.json()["messages"][0]["content"] == "Hello!"
    assert tab.thread in everything.text


async def test_the_ledger_shows_what_was_sent(tab: ChatTab, cloud: FakeOpenAI) -> None:
    """The page holds the text and the hash of exactly what the cloud received."""
    await tab.ask("Tell me about the bittern.", "cloud")
    page = (await tab.http.get("/left")).text
    assert "user: Tell me about the bittern." in page
    assert hashlib.sha256(cloud.requests[-1].raw).hexdigest() in page
    foreign = await tab.http.post("/left/forget", headers={"Origin": "http://example.com"})
    assert foreign.status_code == 403
    assert "bittern" in (await tab.http.get("/api/ledger.csv")).text
    tab.http.cookies.clear()
    assert (await tab.http.get("/api/ledger.csv")).status_code == 404


async def test_export_is_for_the_signed_in(shared_server: Server, tab: ChatTab) -> None:
    """Without the session's cookie there is nothing to download."""
    await tab.ask("Hello!")
    tab.http.cookies.clear()
    assert (await tab.http.get(f"/api/export/{tab.thread}.md")).status_code == 404
    assert (await tab.http.get("/api/export/all.jsonl")).status_code == 404


async def test_a_temporary_conversation_leaves_nothing(tab: ChatTab, cloud: FakeOpenAI) -> None:
    """Nothing of a temporary conversation is stored, and it still has its context."""
    await tab.change_settings(temporary=True)
    await tab.until(lambda: bool(tab.toasts))
    await tab.ask("Ephemeral aardvark, tell me about tides.", "cloud")
    await tab.ask("Tell me about winds as well.", "cloud")
    assert len(cloud.requests[-1].messages) >= 3
    assert await tab.threads("aardvark") == []
    assert "aardvark" not in (await tab.http.get("/api/ledger.jsonl")).text
    assert tab.thread == ""


async def test_ask_again(tab: ChatTab, cloud: FakeOpenAI) -> None:
    """An answer can be asked for again, here at once, in the cloud after a look."""
    answer = await tab.ask("Hello!")
    payload = {"answerId": answer["id"], "site": "cloud"}
    shown = await tab.act("ask_again", payload)
    assert shown["preview"][-1] == {"role": "user", "content": "Hello!"}
    assert "127.0.0.1" in shown["destination"]
    assert not cloud.requests
    await tab.act("ask_again", {**payload, "digest": shown["digest"]})
    second = await tab.finished(2)
    assert second["output"] == "Hello world!"
    await tab.act("ask_again", {"answerId": second["id"], "site": "local"})
    await tab.finished(3)
    assert len(tab.answers()) == 3


async def test_ask_again_in_the_cloud_is_refused_for_private_prompts(
    tab: ChatTab, cloud: FakeOpenAI
) -> None:
    """What must stay is refused with the reason, and nothing is sent."""
    answer = await tab.ask(SECRET)
    said = await tab.act("ask_again", {"answerId": answer["id"], "site": "cloud"})
    assert said["refused"].startswith("Nothing was sent.")
    assert not cloud.requests


async def test_the_policy_ask_lets_the_person_decide(tab: ChatTab, cloud: FakeOpenAI) -> None:
    """Under "ask" a private prompt stays until the person has seen it and agreed."""
    await tab.change_settings(policy="ask")
    answer = await tab.ask(SECRET, "cloud")
    assert not cloud.requests
    payload = {"answerId": answer["id"], "site": "cloud"}
    shown = await tab.act("ask_again", payload)
    assert "private" in shown["warning"]
    assert not cloud.requests
    await tab.act("ask_again", {**payload, "digest": shown["digest"]})
    second = await tab.finished(2)
    assert second["output"] == "Hello world!"
    assert "Zitronenfalter77" in str(cloud.requests[-1].body)


async def test_german_throughout(shared_server: Server, cloud: FakeOpenAI) -> None:
    """A German browser gets German controls, errors and page texts."""
    async with ChatTab(shared_server.url, language="de-AT,de;q=0.9") as tab:
        names = [option["name"] for option in tab.modes[0]["options"]]
        assert names == ["Auto", "Nur lokal", "Cloud"]
        texts = await tab.http.get("/project/translations", params={"language": "de-AT"})
        assert texts.json()["translation"]["chat"]["input"]["placeholder"].startswith("Fragen Sie")
        page = await tab.http.get("/project/settings", params={"language": "de-AT"})
        assert page.json()["markdown"].startswith("# Nearside\n\nEin Chat")
        assert page.json()["starters"][1]["label"] == "Etwas Privates"
        await tab.send("   ")
        await tab.until(lambda: any(m.get("isError") for m in tab.messages.values()))


@pytest.mark.parametrize(
    ("behaviour", "said"),
    [
        ("unauthorized", "key"),
        ("unknown_model", "model"),
        ("busy", "7"),
        ("status", ""),
        ("html", ""),
    ],
)
async def test_a_failing_cloud_falls_back(
    tab: ChatTab, cloud: FakeOpenAI, behaviour: str, said: str
) -> None:
    """When the cloud fails before its first word this computer answers and says why."""
    cloud.script = Script(behaviour=behaviour)
    answer = await tab.ask("Tell me about tides.", "cloud")
    line = tab.line(answer)
    assert line is not None
    assert line["route"] == "local"
    details = " ".join(line["texts"]["en"]["details"])
    assert "cloud did not answer" in details
    assert said in details


async def test_a_cloud_that_breaks_off(tab: ChatTab, cloud: FakeOpenAI) -> None:
    """A stream that breaks keeps its part and says that it broke."""
    cloud.script = Script(behaviour="cut", pieces=("One ", "two ", "three "))
    answer = await tab.ask("Tell me about tides.", "cloud")
    line = tab.line(answer)
    assert line is not None
    assert line["status"] == "interrupted"
    assert line["texts"]["de"]["notice"]
    assert answer["output"].startswith("One")


@pytest.mark.parametrize("text", ["👍👍👍", "a\0b \ud800 c", "x " * 400_000])
async def test_odd_messages_are_answered(tab: ChatTab, text: str) -> None:
    """Emoji, NUL, lone surrogates and almost a megabyte are answered and stored."""
    answer = await tab.ask(text, "local")
    line = tab.line(answer)
    assert line is not None
    assert line["status"] == "complete"


async def test_a_message_that_is_too_long(tab: ChatTab) -> None:
    """More than a million characters get a sentence; the chat goes on."""
    await tab.send("x" * 1_000_001)
    await tab.until(lambda: any(m.get("isError") for m in tab.messages.values()))
    shown = next(m for m in tab.messages.values() if m.get("isError"))
    assert "1,000,000" in shown["output"]
    await tab.ask("Hello!")


async def test_nothing_that_was_said_is_logged(
    shared_server: Server, tab: ChatTab, cloud: FakeOpenAI
) -> None:
    """Neither prompts nor answers nor the key stand in the program's output."""
    cloud.script = Script(pieces=("Nightjar ", "answer"))
    await tab.ask("Tell me about the capercaillie.", "cloud")
    cloud.script = Script(behaviour="html")
    await tab.ask("Tell me about the wryneck.", "cloud")
    await tab.ask(SECRET)
    said = shared_server.said()
    for word in ("Nightjar", "capercaillie", "wryneck", "Zitronenfalter77", "made-up-for-tests"):
        assert word not in said
