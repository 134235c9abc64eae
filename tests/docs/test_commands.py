"""Every command of the documentation is run as it stands there."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.docs import stand_in
from tests.docs.conftest import EXPOSE, TUTORIAL, Shell, Terminals, is_start
from tests.docs.pages import DOCS, Block, blocks, page

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="the blocks are written for a POSIX shell"
)

RUN = [block for block in blocks("sh", "python") if not is_start(block)]
WITH_SERVER = [b for b in RUN if "127.0.0.1:8000" in b.text or b.options.get("in") == "data"]
ALONE = [block for block in RUN if block not in WITH_SERVER]


def _ended(result: subprocess.CompletedProcess[str], block: Block) -> None:
    said = f"{result.stdout}\n{result.stderr}"
    assert result.returncode == int(block.options.get("exit", "0")), said
    assert "Traceback" not in said


@pytest.mark.parametrize("block", ALONE, ids=str)
def test_a_command_does_what_it_says(block: Block, shell: Shell) -> None:
    """It ends as the page says, in an empty folder with an empty data folder."""
    _ended(shell.run(block), block)


@pytest.mark.parametrize("block", WITH_SERVER, ids=str)
def test_a_request_is_answered(block: Block, terminals: Terminals) -> None:
    """It ends well, and what it prints has the shape of the example below it."""
    result = terminals.of(block).run(block)
    _ended(result, block)
    following = [b for b in page(block.page).blocks if b.line > block.line]
    if not block.after and following and following[0].language == "json":
        assert _shape(json.loads(result.stdout)) == _shape(json.loads(following[0].text))
    elif "/v1/" in block.text and block.language == "sh":
        assert "error" not in json.loads(result.stdout)


def _shape(value: Any) -> Any:
    """``value`` with the kinds of its parts in their place; lists by their first entry."""
    if isinstance(value, dict):
        return {name: _shape(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_shape(part) for part in value[:1]]
    return "number" if type(value) in {int, float} else type(value).__name__


def test_everything_that_starts_was_started(terminals: Terminals) -> None:
    """No block that goes on until Ctrl+C is left out."""
    starts = {str(block) for block in blocks("sh") if is_start(block)}
    assert starts == {str(block) for block in terminals.started}


def test_the_tutorial_ends_as_it_says(terminals: Terminals) -> None:
    """The hard question is answered by the practice cloud, the private one is not."""
    shell = terminals.tutorial
    table = [t for t in page(TUTORIAL).tables if t.heading == "6. See where prompts go"][0]
    with httpx.Client(
        base_url=f"http://127.0.0.1:{shell.ports[8000]}", trust_env=False, timeout=60
    ) as client:
        routes = []
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
    (block,) = (b for b in RUN if b.options.get("in") == "data")
    _ended(terminals.tutorial.run(block), block)
    copy = terminals.tutorial.folder / "data" / "nearside-backup.db"
    with closing(sqlite3.connect(copy)) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        names = {name for (name,) in database.execute("SELECT name FROM sqlite_master")}
    listed = [t for t in page(DOCS / "reference" / "data.md").tables if "column" in t.names]
    assert {table.heading for table in listed} <= names
    assert {"conversation_search", "message_search", "alembic_version"} <= names


def test_the_exposed_start_asks_for_the_password(terminals: Terminals) -> None:
    """Only the password of the page opens it, under the name of the page, and a key ``/v1``."""
    shell = terminals.exposed
    (settings,) = (block for block in page(EXPOSE).blocks if block.language == "dotenv")
    lines = dict(line.split("=", 1) for line in settings.text.splitlines())
    password = lines["NEARSIDE_PASSWORD"]
    with httpx.Client(
        base_url=f"http://127.0.0.1:{shell.ports[8000]}",
        headers={"Host": lines["NEARSIDE_HOSTS"]},
        trust_env=False,
    ) as client:
        wrong = client.post("/login", data={"username": "me", "password": password[:-1]})
        right = client.post("/login", data={"username": "me", "password": password})
        keyless = client.get("/v1/models")
        stranger = client.get("/v1/models", headers={"Host": "other.example.org"})
        open_to_all = client.get("/api/health"), client.get("/metrics")
    assert (wrong.status_code, right.status_code) == (401, 200)
    assert (keyless.status_code, stranger.status_code) == (401, 403)
    assert {answer.status_code for answer in open_to_all} == {200}


def test_curl_has_a_stand_in(terminals: Terminals, tmp_path: Path) -> None:
    """Where the system has no curl, the commands of the pages are run all the same."""
    stand_in.write(tmp_path / "programs", "curl")
    shell = terminals.tutorial
    for block in WITH_SERVER:
        if block.text.startswith("curl") and block.page != EXPOSE:
            program = shell.adapted(block.text).replace("curl", str(tmp_path / "programs" / "curl"))
            result = subprocess.run(
                ["sh", "-e", "-c", program],
                cwd=tmp_path,
                env=shell.environ,
                capture_output=True,
                text=True,
                check=False,
            )
            _ended(result, block)
    assert (tmp_path / "conversations.jsonl").exists()
