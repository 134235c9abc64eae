"""The switches of the libraries' own telemetry, all of them off."""

from __future__ import annotations

TELEMETRY_OFF = {
    # read by libonnxruntime and libonnxruntime-genai while they are imported: in 1.31,
    # they look their maker's host up before anything in them can be called to forbid it
    "ORT_DISABLE_TELEMETRY": "1",
    # read by libfoundry_local
    "ORT_TELEMETRY_DISABLED": "1",
}
"""Environment variables, to be set before such a library is imported."""
