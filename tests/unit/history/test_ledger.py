"""The ledger as a person reads it, on a real file."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from services.departure import Departure
from services.domain import Route
from services.history.ledger import LedgerReader, LedgerTotals
from services.history.store import SqlConversationStore
from services.settings import Settings

START = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
SENT = Departure(START, "api.example.com", 10, "ab" * 32, True, route=Route.CLOUD, model="m")


@pytest.fixture
def ledger(store: SqlConversationStore) -> LedgerReader:
    return LedgerReader(store.database)


async def fill(store: SqlConversationStore, count: int) -> list[Departure]:
    """``count`` rows, every third one stopped; as they were recorded."""
    rows = [
        replace(SENT, at=START + timedelta(seconds=n), size=n + 1, text=f"user: prompt {n}")
        if n % 3
        else replace(SENT, at=START + timedelta(seconds=n), allowed=False, route=Route.REFUSED)
        for n in range(count)
    ]
    for row in rows:
        await store.record(row)
    return rows


async def test_pages_are_newest_first(store: SqlConversationStore, ledger: LedgerReader) -> None:
    """Each page goes on where the last one ended, with whole rows."""
    rows = await fill(store, 5)
    first = await ledger.page(2)
    second = await ledger.page(10, first[-1].number)
    assert [entry.departure for entry in (*first, *second)] == rows[::-1]


async def test_totals(store: SqlConversationStore, ledger: LedgerReader) -> None:
    """Only what was sent counts as sent; the first row says since when."""
    assert await ledger.totals() == LedgerTotals(0, 0, 0, 0, None)
    await fill(store, 5)
    assert await ledger.totals() == LedgerTotals(3, 2, 2 + 3 + 5, 3, START)


async def test_the_texts_can_be_forgotten(
    store: SqlConversationStore, ledger: LedgerReader, settings: Settings
) -> None:
    """Afterwards no text is left in any file; times, sizes and hashes are as they were."""
    rows = await fill(store, 5)
    await store.record(replace(SENT, text="user: the quokka canary"))
    await ledger.forget_texts()
    kept = [entry.departure for entry in await ledger.page(10, 6)]
    assert kept == [replace(row, text=None) for row in rows[::-1]]
    files = list(settings.data_dir.glob("history.db*"))
    assert files
    assert [path.name for path in files if b"quokka" in path.read_bytes()] == []


async def test_the_export_has_every_row(store: SqlConversationStore, ledger: LedgerReader) -> None:
    """JSON Lines and CSV hold all rows, oldest first, over more than one batch."""
    rows = await fill(store, 205)
    lines = [json.loads(line) async for line in ledger.json_lines()]
    assert [(line["number"], line["size"], line["text"]) for line in lines] == [
        (number, row.size, row.text) for number, row in enumerate(rows, 1)
    ]
    assert lines[0]["at"] == "2026-01-02T03:04:05+00:00"
    assert lines[0]["route"] == "refused"
    table = "".join([line async for line in ledger.csv()])
    read = list(csv.DictReader(io.StringIO(table)))
    assert [row["text"] for row in read] == [row.text or "" for row in rows]
    assert read[1]["allowed"] == "True"


async def test_a_spreadsheet_takes_no_cell_for_a_formula(
    store: SqlConversationStore, ledger: LedgerReader
) -> None:
    """Cells that begin like a formula are marked as text; quotes and lines stay."""
    await store.record(replace(SENT, destination="=evil()", text='user: "a",\nb'))
    table = "".join([line async for line in ledger.csv()])
    [row] = csv.DictReader(io.StringIO(table))
    assert (row["destination"], row["text"]) == ("'=evil()", 'user: "a",\nb')
