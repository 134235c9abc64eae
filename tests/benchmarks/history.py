"""How fast the sidebar and its search are on a large history.

``python -m tests.benchmarks.history`` builds 1,000 conversations with 20
messages in a temporary file and asks for pages through the interface's data
layer, as the sidebar does. Targets: the first page in under 30 ms, a search in
under 50 ms.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from chainlit.types import Pagination, ThreadFilter
from sqlalchemy import insert, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.history.chainlit_layer import ChainlitDataLayer
from services.history.library import Library
from services.history.store import SqlConversationStore, opened
from services.history.tables import Conversation, MessageRow, User
from services.settings import Settings

PAGE_TARGET_MS = 30.0
SEARCH_TARGET_MS = 50.0
_SYLLABLES = ("ba", "ker", "lo", "min", "tas", "ven", "dor", "ful", "gra", "hei", "kun", "lam")


def _vocabulary(chance: random.Random, size: int) -> list[str]:
    return ["".join(chance.choices(_SYLLABLES, k=chance.randint(1, 4))) for _ in range(size)]


async def fill(store: SqlConversationStore, conversations: int, messages: int) -> None:
    """Write a made-up history of user ``local`` in one transaction.

    Word frequencies follow Zipf's law, as in real text; every message holds
    ``the``, one message alone holds ``zyxwrare``.
    """
    chance = random.Random(7)
    words = _vocabulary(chance, 20_000)
    weights = [1 / rank for rank in range(1, len(words) + 1)]
    start = datetime.now(UTC) - timedelta(days=365)

    def prose(count: int) -> str:
        return "the " + " ".join(chance.choices(words, weights, k=count))

    async def work(session: AsyncSession) -> None:
        await session.execute(insert(User).values(id="local", meta={}, created_at=start))
        for number in range(conversations):
            at = start + timedelta(hours=8 * number)
            home = f"conversation-{number}"
            shared = {"created_at": at, "meta": {}, "tags": [], "user_id": "local"}
            await session.execute(
                insert(Conversation).values(
                    id=home, title=prose(5), title_is_custom=False, updated_at=at, **shared
                )
            )
            rows = [
                {
                    "id": f"{home}-{turn}",
                    "conversation_id": home,
                    "role": "assistant" if turn % 2 else "user",
                    "status": "complete",
                    "created_at": at + timedelta(minutes=turn),
                    "favorite": False,
                    "content": prose(120 if turn % 2 else 25)
                    + (" zyxwrare" if (number, turn) == (conversations // 2, 3) else ""),
                }
                for turn in range(messages)
            ]
            await session.execute(insert(MessageRow), rows)

    await store.database.write(work)


async def measure(action: Callable[[], Awaitable[object]], rounds: int) -> tuple[float, float]:
    """Median and 95th percentile of ``action`` in milliseconds, after a warm-up."""
    await action()
    times = []
    for _ in range(rounds):
        begun = time.perf_counter()
        await action()
        times.append((time.perf_counter() - begun) * 1000)
    return statistics.median(times), statistics.quantiles(times, n=20)[18]


async def run(conversations: int, messages: int, rounds: int) -> bool:
    """Print the table; whether every median meets its target."""
    met = True
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite+aiosqlite:///{Path(folder) / 'history.db'}"
        async with opened(Settings(data_dir=Path(folder), database_url=url)) as store:
            await fill(store, conversations, messages)
            layer = ChainlitDataLayer(store, lambda _: {})
            print(f"{conversations} conversations x {messages} messages, {rounds} rounds each")
            print(f"{'':28}{'median ms':>10}{'p95 ms':>10}{'target':>8}{'found':>7}")
            queries = {
                "first page": None,
                "search, rare word": "zyxwrare",
                "search, common word": "the",
                "search, prefix": "ke",
                "search, two words": "the bake",
                "search, nothing found": "wwwwww",
                "search, plain text (emoji)": "🙂",
            }
            for name, query in queries.items():
                filters = ThreadFilter(userId="local", search=query)

                async def page(filters: ThreadFilter = filters) -> int:
                    found = await layer.list_threads(Pagination(first=20), filters)
                    return len(found.data)

                target = SEARCH_TARGET_MS if query else PAGE_TARGET_MS
                median, p95 = await measure(page, rounds)
                met = met and median < target
                print(f"{name:28}{median:10.1f}{p95:10.1f}{target:8.0f}{await page():7}")
            await _others(store, layer)
    return met


async def _others(store: SqlConversationStore, layer: ChainlitDataLayer) -> None:
    """Things without a target: one conversation, one deletion, the file."""
    library = Library(store.database)
    begun = time.perf_counter()
    await layer.get_thread("conversation-5")
    opened_at = time.perf_counter()
    await library.delete_conversation("conversation-6")
    deleted_at = time.perf_counter()
    pages = await store.database.read(
        lambda session: session.scalar(
            text("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size")
        )
    )
    print(f"{'open one conversation':28}{(opened_at - begun) * 1000:10.1f}")
    print(f"{'delete one conversation':28}{(deleted_at - opened_at) * 1000:10.1f}")
    print(f"database: {pages / 1e6:.0f} MB")


def main() -> None:
    """Read the sizes from the command line; exit status 1 where a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--conversations", type=int, default=1000)
    parser.add_argument("--messages", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=40)
    options = parser.parse_args()
    if not asyncio.run(run(options.conversations, options.messages, options.rounds)):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
