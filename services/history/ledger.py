"""The gate's ledger as a person sees it: pages, totals, export, deletion of its texts."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import case, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.departure import Departure
from services.domain import Route
from services.history.cleanup import empty_log
from services.history.engine import Database
from services.history.tables import DepartureRow

_BATCH = 100
"""Rows of an export that are in memory at a time."""

_FIELDS = ("number", *Departure.__dataclass_fields__)
_SPREADSHEET_CODE = ("=", "+", "-", "@", "\t", "\r")
"""What makes a spreadsheet take a cell for a formula."""


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """A row of the ledger; ``number`` grows with each one."""

    number: int
    departure: Departure


@dataclass(frozen=True, slots=True)
class LedgerTotals:
    """``sent`` and ``stopped`` requests, the ``size`` of the sent ones in bytes,
    how many rows still hold a text, and the time of the first row."""

    sent: int
    stopped: int
    size: int
    texts: int
    since: datetime | None


class LedgerReader:
    """Reads the ledger, and forgets its texts on demand.

    Every method raises :class:`services.errors.StorageError` when the database
    does not do its part.
    """

    def __init__(self, database: Database) -> None:
        self.database = database

    async def page(self, first: int, before: int | None = None) -> list[LedgerEntry]:
        """At most ``first`` rows below number ``before``, newest first."""
        rows = select(DepartureRow).order_by(DepartureRow.number.desc()).limit(first)
        if before is not None:
            rows = rows.where(DepartureRow.number < before)

        async def work(session: AsyncSession) -> list[LedgerEntry]:
            return [_entry(row) for row in await session.scalars(rows)]

        return await self.database.read(work)

    async def totals(self) -> LedgerTotals:
        """What there is in all."""
        row = DepartureRow
        sums = select(
            func.coalesce(func.sum(case((row.allowed, 1), else_=0)), 0),
            func.coalesce(func.sum(case((row.allowed, 0), else_=1)), 0),
            func.coalesce(func.sum(case((row.allowed, row.size), else_=0)), 0),
            func.count(row.text),
            func.min(row.at),
        )

        async def work(session: AsyncSession) -> LedgerTotals:
            sent, stopped, size, texts, since = (await session.execute(sums)).one()
            return LedgerTotals(int(sent), int(stopped), int(size), int(texts), since)

        return await self.database.read(work)

    async def forget_texts(self) -> None:
        """Delete all texts for good; times, sizes and hashes stay."""

        async def work(session: AsyncSession) -> None:
            await session.execute(update(DepartureRow).values(text=None))

        await self.database.write(work)
        await empty_log(self.database)

    async def json_lines(self) -> AsyncIterator[str]:
        """Every row as a line of JSON, oldest first; times are ISO 8601 in UTC."""
        async for entry in self._oldest_first():
            yield json.dumps(_plain(entry), ensure_ascii=False) + "\n"

    async def csv(self) -> AsyncIterator[str]:
        """Every row as a line of CSV below one of names, oldest first."""
        yield _csv_line(_FIELDS)
        async for entry in self._oldest_first():
            yield _csv_line(_cell(value) for value in _plain(entry).values())

    async def _oldest_first(self) -> AsyncIterator[LedgerEntry]:
        last = 0
        while True:
            following = (
                select(DepartureRow)
                .where(DepartureRow.number > last)
                .order_by(DepartureRow.number)
                .limit(_BATCH)
            )

            async def work(session: AsyncSession, rows: Any = following) -> list[LedgerEntry]:
                return [_entry(row) for row in await session.scalars(rows)]

            entries = await self.database.read(work)
            for entry in entries:
                yield entry
            if len(entries) < _BATCH:
                return
            last = entries[-1].number


def _entry(row: DepartureRow) -> LedgerEntry:
    values = {name: getattr(row, name) for name in Departure.__dataclass_fields__}
    values["route"] = Route(row.route) if row.route else None
    return LedgerEntry(row.number, Departure(**values))


def _plain(entry: LedgerEntry) -> dict[str, Any]:
    values = {name: getattr(entry.departure, name) for name in _FIELDS[1:]}
    at: datetime = values["at"]
    return {"number": entry.number, **values, "at": at.astimezone(UTC).isoformat()}


def _cell(value: Any) -> str:
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_SPREADSHEET_CODE) else text


def _csv_line(cells: Any) -> str:
    line = io.StringIO()
    csv.writer(line).writerow(cells)
    return line.getvalue()
