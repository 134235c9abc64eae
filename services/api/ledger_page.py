"""The page "What left this computer" as HTML. Pure: rows in, text out."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from html import escape

from services.api.signed_in import own_page
from services.departure import Departure
from services.domain import Route
from services.history.ledger import LedgerEntry, LedgerTotals
from services.redaction import PLACEHOLDER
from services.texts import catalog, say

_TIMES = {"en": "%Y-%m-%d %H:%M:%S", "de": "%d.%m.%Y, %H:%M:%S"}
_UNITS = ("kB", "MB", "GB")


def ledger_page(
    language: str,
    totals: LedgerTotals,
    entries: Sequence[LedgerEntry],
    *,
    first_page: bool,
    older: int | None,
) -> str:
    """The whole page; ``older`` is the number before which the next page begins."""
    text = _Text(language)
    parts = ["<p>", text("intro"), "</p>", _totals(text, totals)]
    if entries:
        rows = "".join(_row(text, entry.departure) for entry in entries)
        parts += [_downloads(text), '<ol class="rows">', rows, "</ol>"]
        parts += [_pages(text, first_page, older)]
    if totals.texts:
        parts += [_forget(text)]
    return own_page(language, say("ledger.title", language), "".join(parts))


class _Text:
    """Sentences of one language, ready to stand in HTML."""

    def __init__(self, language: str) -> None:
        self.language = language

    def __call__(self, name: str, **values: str) -> str:
        return escape(say(f"ledger.{name}", self.language, **values))

    def time(self, at: datetime) -> str:
        shown = at.astimezone().strftime(_TIMES[self.language])
        return f'<time datetime="{at.isoformat()}">{shown}</time>'

    def size(self, size: int) -> str:
        if size < 1000:
            return f"{size} B"
        power = min((len(str(size)) - 1) // 3, len(_UNITS))
        number = f"{size / 1000**power:.1f}"
        point = "," if self.language == "de" else "."
        return f"{number.replace('.', point)} {_UNITS[power - 1]}"


def _totals(text: _Text, totals: LedgerTotals) -> str:
    if totals.since is None:
        return f'<p class="none">{text("nothing")}</p>'
    facts = (
        ("sent", str(totals.sent)),
        ("size", text.size(totals.size)),
        ("stopped", str(totals.stopped)),
        ("since", text.time(totals.since)),
    )
    return f'<dl class="totals">{_facts(text, facts)}</dl>'


def _facts(text: _Text, facts: Sequence[tuple[str, str]]) -> str:
    return "".join(f"<div><dt>{text(name)}</dt><dd>{value}</dd></div>" for name, value in facts)


def _downloads(text: _Text) -> str:
    return (
        f'<p class="links"><a href="/api/ledger.csv" download>{text("export_csv")}</a> '
        f'<a href="/api/ledger.jsonl" download>{text("export_jsonl")}</a></p>'
    )


def _row(text: _Text, row: Departure) -> str:
    facts = [("destination", escape(row.destination))]
    if row.model:
        facts.append(("model", escape(row.model)))
    facts += [
        ("row_size", text.size(row.size)),
        ("replaced", _replaced(text, row)),
        ("hash", f"<code>{escape(row.sha256)}</code>"),
    ]
    stopped = "" if row.allowed else ' class="stopped"'
    return (
        f"<li{stopped}><h2>{text.time(row.at)} <span>{text(_way(row))}</span></h2>"
        f"<dl>{_facts(text, facts)}</dl>{_said(text, row)}</li>"
    )


def _way(row: Departure) -> str:
    if not row.allowed:
        return "route_refused"
    if row.released:
        return "route_released"
    return "route_cloud_redacted" if row.route is Route.CLOUD_REDACTED else "route_cloud"


def _replaced(text: _Text, row: Departure) -> str:
    if not row.replaced:
        return text("replaced_none")
    names = catalog(text.language)
    kinds = Counter(
        re.sub(r"_\d+\]$", "", found).lstrip("[").lower()
        for found in ([] if row.released else dict.fromkeys(PLACEHOLDER.findall(row.text or "")))
    )
    known = [
        f"{count} × {names[key]}"
        for kind, count in kinds.items()
        if (key := "category." + kind) in names
    ]
    return escape(", ".join(known)) or text("replaced_count", count=str(row.replaced))


def _said(text: _Text, row: Departure) -> str:
    if not row.allowed:
        return ""
    if row.text is None:
        return f"<p>{text('no_text')}</p>"
    title = text("text_released" if row.released else "text")
    return (
        f"<details><summary>{title}</summary><pre>{escape(row.text)}</pre>"
        f"<p>{text('text_note')}</p></details>"
    )


def _pages(text: _Text, first_page: bool, older: int | None) -> str:
    links = [] if first_page else [f'<a href="/left">{text("newest")}</a>']
    if older is not None:
        links.append(f'<a rel="next" href="/left?before={older}">{text("older")}</a>')
    return f'<nav class="links">{" ".join(links)}</nav>' if links else ""


def _forget(text: _Text) -> str:
    return (
        f'<section><h2>{text("forget_title")}</h2><p id="what">{text("forget_what")} '
        f"{text('forget_copies')}</p>"
        '<form method="post" action="/left/forget">'
        f'<button aria-describedby="what">{text("forget")}</button></form></section>'
    )
