"""Every command of the documentation is run as it stands there."""

from __future__ import annotations

import json
import os
import re
import shlex
import sqlite3
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest.mock import AsyncMock

import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import Response

from launcher import calibrate, models
from launcher import start as launcher_start
from launcher.commands import run
from launcher.environment import Environment
from services.api.guard import Guard
from services.api.routes import v1_routes
from services.domain import Role, StoredMessage
from services.history.store import opened
from services.settings import load_settings
from tests.docs import stand_in
from tests.docs.conftest import TUTORIAL, Terminals, goes_on
from tests.docs.pages import DOCS, Block, blocks, page
from tests.fakes.foundry_catalog import FoundryStub
from tests.serving import free_port
from tests.source import ROOT

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="the blocks are written for a POSIX shell"
)

EXPOSE = DOCS / "how-to" / "expose.md"
COMMANDS = [b for b in blocks("sh") if b.text.startswith("python run.py ") and not goes_on(b)]
HELP = [b for b in blocks("sh") if b.text == "python run.py --help\n"]
STARTS = [block for block in blocks("sh") if goes_on(block) and block not in HELP]
REQUESTS = [b for b in blocks("sh") if b not in [*COMMANDS, *HELP, *STARTS]]
PROGRAMS = [b for b in blocks("python") if (ROOT / b.options.get("needs", "")).exists()]
"""But for those of a part that this version does not have."""

ALIAS = "phi-4-mini"
"""The pages fetch this model; the catalog of the tests offers ``tiny``."""


@pytest.fixture
def becoming(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The launcher with an environment that is ready. What it would become is run at once
    in this very process; what it would become for ever is noted in the list."""
    noted: list[list[str]] = []

    def become(_: Environment, module: str, arguments: Sequence[str]) -> int:
        if module == "launcher.serve":
            noted.append(list(arguments))
            return 0
        return run(["--inside", module, *arguments])

    monkeypatch.setattr(Environment, "ensure", lambda self, names: None)
    for module in (launcher_start, models, calibrate):
        monkeypatch.setattr(module, "become", become)
    return noted


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[FoundryStub]:
    """A catalog of local models with one that is small."""
    files = {"v2/genai_config.json": b"{}", "v2/model.onnx.data": bytes(1 << 20)}
    with FoundryStub(tmp_path, files, size=1 << 20) as stub:
        os.environ.update(stub.environ)
        yield stub


@pytest.mark.usefixtures("becoming", "catalog")
@pytest.mark.parametrize("block", [*COMMANDS, *HELP], ids=str)
def test_a_command_does_what_it_says(block: Block, capsys: pytest.CaptureFixture[str]) -> None:
    """It ends as the page says, with an empty data folder."""
    *others, last = block.text.replace(ALIAS, "tiny").splitlines()
    expected = [*((line, 0) for line in others), (last, int(block.options.get("exit", "0")))]
    for line, status in expected:
        assert (line, run(shlex.split(line)[2:])) == (line, status)
    said = capsys.readouterr()
    assert said.out
    assert said.err == ""


@pytest.mark.parametrize("block", REQUESTS, ids=str)
def test_a_request_is_answered(block: Block, terminals: Terminals) -> None:
    """It ends well, and what it prints has the shape of the example below it."""
    result = terminals.run(block)
    assert result.returncode == 0, result.stderr
    following = [b for b in page(block.page).blocks if b.line > block.line]
    if not block.after and following and following[0].language == "json":
        assert _shape(json.loads(result.stdout)) == _shape(json.loads(following[0].text))
    elif "/v1/" in block.text:
        assert "error" not in json.loads(result.stdout)


def _shape(value: Any) -> Any:
    """``value`` with the kinds of its parts in their place; lists by their first entry."""
    if isinstance(value, dict):
        return {name: _shape(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_shape(part) for part in value[:1]]
    return "number" if type(value) in {int, float} else type(value).__name__


@pytest.mark.parametrize("block", PROGRAMS, ids=str)
def test_a_program_runs(
    block: Block, terminals: Terminals, capsys: pytest.CaptureFixture[str]
) -> None:
    """The lines that the page shows print an answer."""
    Path("notes.txt").write_text("The meeting begins at nine.\n", "utf-8")
    exec(compile(terminals.adapted(block.text), str(block), "exec"), {})  # noqa: S102 - ours
    assert len(capsys.readouterr().out.split()) > 5


def test_everything_that_starts_is_started(terminals: Terminals) -> None:
    """No block that goes on until Ctrl+C is left out."""
    exposed = [str(block) for block in page(EXPOSE).blocks if block in STARTS]
    assert len(exposed) == 1
    assert {str(block) for block in STARTS} == {*map(str, terminals.started), *exposed}


def test_the_tutorial_ends_as_it_says(terminals: Terminals) -> None:
    """The hard question is answered by the practice cloud, the private one is not."""
    (table,) = (t for t in page(TUTORIAL).tables if t.heading == "6. See where prompts go")
    routes = []
    with httpx.Client(base_url=terminals.url, trust_env=False, timeout=60) as client:
        for row in table.rows:
            asked = {"messages": [{"role": "user", "content": row["you write"]}], "model": "auto"}
            answer = client.post("/v1/chat/completions", json=asked)
            routes.append(answer.headers["X-Nearside-Route"])
            if routes[-1] == "cloud":
                assert "token0 token1" in answer.json()["choices"][0]["message"]["content"]
        client.post("/auth/header")
        left = client.get("/api/ledger.jsonl").text
    assert routes == [row["route"].strip("`") for row in table.rows]
    assert "data centre" in left
    assert "Mustermann" not in left


def test_the_backup_holds_the_history(terminals: Terminals) -> None:
    """The copy is a whole database with the tables of the reference."""
    (block,) = (b for b in REQUESTS if b.options.get("in") == "data")
    assert terminals.run(block).returncode == 0
    with closing(sqlite3.connect(terminals.data / "nearside-backup.db")) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        names = {name for (name,) in database.execute("SELECT name FROM sqlite_master")}
    reference = page(DOCS / "reference" / "data.md")
    (others,) = (line for line in reference.prose.splitlines() if "full-text indexes" in line)
    described = {table.heading for table in reference.tables if "column" in table.names}
    described |= set(re.findall(r"`(\w+)`", others))
    assert described <= names


async def test_a_backup_can_be_put_back(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A copy made while the history is open, put back as the page says, holds every message."""
    (block,) = (b for b in REQUESTS if b.options.get("in") == "data")
    settings = load_settings({"NEARSIDE_DATA_DIR": str(data_dir)}, data_dir / "no.env")
    told = StoredMessage("m1", "c1", Role.USER, "Remember the milk.", datetime.now(UTC))
    async with opened(settings) as store:
        await store.add_prompt(told, user_id="local", title="Milk")
        monkeypatch.chdir(data_dir)
        exec(shlex.split(block.text)[-1], {})  # noqa: S102 - ours
    for moved in ("history.db", "history.db-wal", "history.db-shm"):
        (data_dir / moved).unlink(missing_ok=True)
    (data_dir / "nearside-backup.db").rename(data_dir / "history.db")
    async with opened(settings) as store:
        assert [message.content for message in await store.messages("c1")] == [told.content]


def test_the_exposed_start_wants_the_password(
    becoming: list[list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    """With the settings of the page it starts as the page says, without them it does not."""
    (block,) = (block for block in page(EXPOSE).blocks if block in STARTS)
    (settings,) = (block for block in page(EXPOSE).blocks if block.language == "dotenv")
    command = [*shlex.split(block.text)[2:], "--port", str(free_port())]
    assert run(command) == 2
    assert "NEARSIDE_PASSWORD" in capsys.readouterr().err
    Path(".env").write_text(settings.text, "utf-8")
    assert run([*command, "--headless"]) == 0
    assert [started[:2] for started in becoming] == [["--host", "0.0.0.0"]]  # noqa: S104


async def test_the_settings_of_an_exposed_server_open_it_to_the_right_callers(
    tmp_path: Path,
) -> None:
    """The key of the page's own request is needed, and only the name of the page is answered."""
    (settings,) = (block for block in page(EXPOSE).blocks if block.language == "dotenv")
    (request,) = (block for block in page(EXPOSE).blocks if "curl" in block.text)
    (tmp_path / ".env").write_text(settings.text, "utf-8")
    read = load_settings({}, tmp_path / ".env")
    endpoints = AsyncMock(models=AsyncMock(return_value=Response()))
    app = Guard(
        Starlette(routes=v1_routes(endpoints, read.api_key)), exposed=True, hosts=read.hosts
    )
    name, value = shlex.split(request.text)[-1].split(": ")
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://192.168.1.10:8000"
    ) as client:
        right = await client.get("/v1/models", headers={name: value})
        named = await client.get("/v1/models", headers={name: value, "Host": "chat.example.org"})
        keyless = await client.get("/v1/models")
        stranger = await client.get("/v1/models", headers={name: value, "Host": "other.example"})
    answers = (right, named, keyless, stranger)
    assert [answer.status_code for answer in answers] == [200, 200, 401, 403]


def test_curl_has_a_stand_in(
    terminals: Terminals, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the system has no curl, the requests of the pages are made all the same."""
    monkeypatch.chdir(tmp_path)
    for block in REQUESTS:
        for line in block.text.replace("\\\n", " ").splitlines():
            if line.startswith("curl"):
                assert stand_in.curl(shlex.split(terminals.adapted(line))[1:]) == 0
    assert (tmp_path / "conversations.jsonl").exists()
