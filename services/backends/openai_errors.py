"""What goes wrong with an OpenAI-compatible server, told as our own errors.

What a server says is never passed on: its messages may quote the key or the
prompt.
"""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

import httpx2

from services.errors import (
    BackendBusy,
    BackendError,
    BackendProtocolError,
    BackendRejected,
    BackendUnavailable,
)

_Row = tuple[type[BackendError], str]

_BY_CODE: Mapping[str, _Row] = {
    "invalid_api_key": (BackendRejected, "wrong_key"),
    "model_not_found": (BackendRejected, "unknown_model"),
    "DeploymentNotFound": (BackendRejected, "unknown_model"),
    "insufficient_quota": (BackendRejected, "no_credit"),
    "billing_hard_limit_reached": (BackendRejected, "no_credit"),
    "rate_limit_exceeded": (BackendBusy, "busy"),
    "context_length_exceeded": (BackendRejected, "too_long"),
    "content_filter": (BackendRejected, "content_filter"),
    "content_policy_violation": (BackendRejected, "content_filter"),
}
_BY_STATUS: Mapping[int, _Row] = {
    401: (BackendRejected, "wrong_key"),
    402: (BackendRejected, "no_credit"),
    403: (BackendRejected, "forbidden"),
    404: (BackendRejected, "wrong_path"),
    405: (BackendRejected, "wrong_path"),
    408: (BackendUnavailable, "server_error"),
    413: (BackendRejected, "too_long"),
    429: (BackendBusy, "busy"),
}
_BY_CLASS: Mapping[int, _Row] = {
    3: (BackendProtocolError, "redirect"),
    4: (BackendRejected, "declined"),
    5: (BackendUnavailable, "server_error"),
}


@dataclass(frozen=True, slots=True)
class Faults:
    """Makes the errors of one server: ``host`` and ``model`` fill their sentences."""

    host: str
    model: str

    def make(
        self, kind: type[BackendError], name: str, **values: str | int | float
    ) -> BackendError:
        """The error ``error.backend_<name>``."""
        return kind(f"error.backend_{name}", host=self.host, model=self.model, **values)

    def status(
        self, status: int, error: Mapping[str, Any], headers: Mapping[str, str]
    ) -> BackendError:
        """The error behind an HTTP status and the error object that came with it."""
        row = _BY_CODE.get(str(error.get("code"))) or _BY_STATUS.get(status)
        if status == 404 and "model" in str(error.get("message", "")).lower():
            row = _BY_CODE["model_not_found"]
        kind, name = row or _BY_CLASS.get(status // 100, (BackendProtocolError, "malformed"))
        if kind is BackendBusy:
            return self._busy(retry_after(headers))
        return self.make(kind, name, status=status)

    def _busy(self, seconds: float | None) -> BackendBusy:
        if seconds is None:
            return BackendBusy("error.backend_busy")
        return BackendBusy(
            "error.backend_busy_for", retry_after=seconds, host=self.host, seconds=round(seconds)
        )

    def in_stream(self, error: object) -> BackendError:
        """The error behind an error object within a stream."""
        body = error_object(error)
        code = body.get("code")
        # Some servers put the HTTP status into the code.
        status = code if isinstance(code, int) and 400 <= code <= 599 else 500
        return self.status(status, body, {})

    def connection(self, error: BaseException) -> BackendError:
        """The error behind a connection that was not made or that broke."""
        causes = list(_causes(error))
        if any(isinstance(cause, socket.gaierror | UnicodeError) for cause in causes):
            return self.make(BackendUnavailable, "unknown_host")
        if any(isinstance(cause, ssl.SSLError) for cause in causes):
            return self.make(BackendUnavailable, "tls")
        if any(isinstance(cause, httpx2.LocalProtocolError) for cause in causes):
            # The one part of a request that could be malformed is the key.
            return self.make(BackendRejected, "wrong_key")
        if any(isinstance(cause, httpx2.DecodingError) for cause in causes):
            return self.make(BackendProtocolError, "malformed")
        if any(isinstance(c, httpx2.ReadError | httpx2.RemoteProtocolError) for c in causes):
            return self.make(BackendUnavailable, "cut_off")
        return self.make(BackendUnavailable, "no_connection")


def error_object(body: object) -> Mapping[str, Any]:
    """The error object of a body, in the shapes that servers use; empty if there is none."""
    if isinstance(body, Mapping):
        inner = body.get("error", body)
        return inner if isinstance(inner, Mapping) else {"message": str(inner)}
    return {"message": body} if isinstance(body, str) else {}


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait by ``Retry-After`` (RFC 9110: seconds or a date), if it is there."""
    value = headers.get("retry-after", "").strip()
    if not value:
        return None
    if value.isdecimal():
        return float(value)
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except ValueError:
        return None


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        if isinstance(error, BaseExceptionGroup):
            for inner in error.exceptions:
                yield from _causes(inner)
        error = error.__cause__ or error.__context__
