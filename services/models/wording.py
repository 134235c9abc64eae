"""Tables and figures for a terminal. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from services.models.meter import Progress
from services.texts import say


def table(rows: Sequence[Sequence[str]]) -> str:
    """Rows as aligned columns, two spaces apart and indented by two."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        ("  " + "  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True))).rstrip()
        for row in rows
    )


def size(megabytes: float | None, language: str) -> str:
    """MiB as a person reads it; a dash where it is unknown."""
    if megabytes is None:
        return "–"
    if megabytes >= 1000:
        return f"{_number(megabytes / 1024, language)} GB"
    return f"{megabytes:.0f} MB"


def progress(state: Progress, language: str) -> str:
    """One line: percent, what has come, speed, time left, as far as they are known."""
    parts = [f"{state.percent:3.0f} %"]
    if state.done_mb is not None:
        parts.append(size(state.done_mb, language))
    if state.speed is not None:
        parts.append(f"{_number(state.speed, language)} MB/s")
    if state.seconds_left is not None and state.percent < 100:
        minutes, seconds = divmod(round(state.seconds_left), 60)
        parts.append(say("models.left", language, time=f"{minutes}:{seconds:02d}"))
    return " · ".join(parts)


def _number(value: float, language: str) -> str:
    text = f"{value:.1f}"
    return text.replace(".", ",") if language == "de" else text
