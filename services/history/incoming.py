"""What the interface reports, as columns of our tables."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any


def element_columns(described: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of an element, all but its bytes."""
    get = described.get
    return {
        "id": get("id"),
        "conversation_id": get("threadId"),
        "for_id": get("forId") or None,
        "type": get("type") or "file",
        "name": get("name") or "",
        "display": get("display") or "inline",
        "mime": get("mime"),
        "url": get("url"),
        "object_key": get("objectKey"),
        "size": get("size"),
        "language": get("language"),
        "page": get("page"),
        "auto_play": get("autoPlay"),
        "props": get("props"),
        "player_config": get("playerConfig"),
        "created_at": datetime.now(UTC),
        "content": None,
    }


def step_columns(step: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of a step."""
    get = step.get
    show = get("showInput")
    return {
        "id": get("id"),
        "conversation_id": get("threadId"),
        "parent_id": get("parentId"),
        "name": get("name") or "",
        "type": get("type") or "undefined",
        "input": _string(get("input")),
        "output": _string(get("output")),
        "streaming": bool(get("streaming")),
        "wait_for_answer": get("waitForAnswer"),
        "is_error": get("isError"),
        "created_at": _moment(get("createdAt")) or datetime.now(UTC),
        "start": _moment(get("start")),
        "end": _moment(get("end")),
        "meta": get("metadata") or {},
        "tags": get("tags"),
        "generation": get("generation"),
        "modes": get("modes"),
        "show_input": show.lower() if isinstance(show, str) else json.dumps(bool(show)),
        "default_open": get("defaultOpen"),
        "auto_collapse": get("autoCollapse"),
        "language": get("language"),
        "icon": get("icon"),
        "command": get("command"),
    }


def _string(value: Any) -> str:
    return value if isinstance(value, str) else "" if value is None else json.dumps(value)


def _moment(value: str | None) -> datetime | None:
    if not value:
        return None
    moment = datetime.fromisoformat(value)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
