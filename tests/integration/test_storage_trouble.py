"""The history cannot be written for a while: one sentence, the chat goes on, nothing is lost."""

from __future__ import annotations

import asyncio
import resource
import sqlite3
from pathlib import Path

from tests.chat_client import ChatTab
from tests.serving import serving

UNLIMITED = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)


def stored(data_dir: Path) -> list[str]:
    """What people wrote, as it is on the disk."""
    with sqlite3.connect(f"file:{data_dir / 'history.db'}?mode=ro", uri=True) as database:
        rows = database.execute(
            "SELECT content FROM messages WHERE role = 'user' ORDER BY position"
        )
        found = [row[0] for row in rows]
    database.close()
    return found


async def stored_at_last(tab: ChatTab, data_dir: Path, expected: list[str]) -> None:
    """Wait until the program has written what it kept."""
    for _ in range(300):
        if (await tab.http.get("/api/health")).json()["history"]["state"] == "ready":
            break
        await asyncio.sleep(0.1)
    assert stored(data_dir) == expected


async def test_a_full_disk(tmp_path: Path) -> None:
    """What was said while the disk was full is on the disk once there is room again."""
    data = tmp_path / "data"
    async with serving(data) as server, ChatTab(server.url) as tab:
        await tab.ask("Hello!")
        # No file may grow any more: to the program that is a full disk.
        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
        answer = await tab.ask("Good morning!")
        line = tab.line(answer)
        assert line is not None
        assert line["status"] == "complete"
        await tab.until(lambda: any("only kept in memory" in toast for toast in tab.toasts))
        assert (await tab.http.get("/api/health")).json()["history"]["state"] == "down"
        assert stored(data) == ["Hello!"]
        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, UNLIMITED)
        await stored_at_last(tab, data, ["Hello!", "Good morning!"])


async def test_a_locked_database(tmp_path: Path) -> None:
    """Another program that holds the database delays nothing but the storing."""
    data = tmp_path / "data"
    async with serving(data) as server, ChatTab(server.url) as tab:
        await tab.ask("Hello!")
        other = sqlite3.connect(data / "history.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        answer = await tab.ask("Good morning!")
        assert tab.line(answer) is not None
        assert tab.toasts
        other.execute("ROLLBACK")
        other.close()
        await stored_at_last(tab, data, ["Hello!", "Good morning!"])
