"""Errors in OpenAI's shape."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.responses import JSONResponse

from services.errors import (
    BackendBusy,
    BackendRejected,
    BackendTimeout,
    InvalidMessage,
    ModelError,
    NearsideError,
    Refused,
)

_STATUS: tuple[tuple[type[NearsideError], int, str], ...] = (
    (InvalidMessage, 400, "invalid_request_error"),
    (Refused, 403, "refused"),
    (ModelError, 409, "invalid_request_error"),
    (BackendBusy, 429, "rate_limit_error"),
    (BackendTimeout, 504, "timeout"),
    (BackendRejected, 502, "upstream_error"),
)


def error_body(message: str, code: str, kind: str = "invalid_request_error") -> dict[str, Any]:
    """The JSON body of an error, as OpenAI's clients expect it."""
    return {"error": {"message": message, "type": kind, "param": None, "code": code}}


def status_of(error: NearsideError) -> tuple[int, str]:
    """HTTP status and OpenAI's error type for one of our errors."""
    for kind, status, name in _STATUS:
        if isinstance(error, kind):
            return status, name
    return 503, "server_error"


def error_response(
    error: NearsideError, language: str, headers: Mapping[str, str] | None = None
) -> JSONResponse:
    """The HTTP answer for one of our errors."""
    status, kind = status_of(error)
    body = error_body(error.sentence(language), error.text_key.split(".")[-1], kind)
    return JSONResponse(body, status, headers=headers)
