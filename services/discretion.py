"""Logging of what went wrong without a word of what was said."""

from __future__ import annotations

import logging
import traceback

log = logging.getLogger(__name__)


def log_kind(failure: Exception) -> None:
    """Log kind and place of an unexpected error, not its text: it may hold a prompt."""
    frames = traceback.extract_tb(failure.__traceback__)
    place = f"{frames[-1].filename}:{frames[-1].lineno}" if frames else "?"
    log.error("unexpected %s at %s", type(failure).__name__, place)
