"""What the worker may know."""

from __future__ import annotations

from services.backends.local.environment import worker_environment


def test_no_secret_and_nothing_unknown_is_passed_on() -> None:
    """Only what is on the list gets through, so a secret of tomorrow does not."""
    environ = {
        "NEARSIDE_CLOUD_API_KEY": "k",
        "OPENAI_API_KEY": "k",
        "AZURE_OPENAI_API_KEY": "k",
        "AWS_SECRET_ACCESS_KEY": "k",
        "NEXT_YEARS_TOKEN": "k",
        "HTTPS_PROXY": "http://user:password@proxy",
        "PATH": "/bin",
        "SystemRoot": "C:\\Windows",
    }
    passed = worker_environment(environ)
    assert "k" not in passed.values()
    assert "HTTPS_PROXY" not in passed
    assert passed["PATH"] == "/bin"
    assert passed["SystemRoot"] == "C:\\Windows"


def test_telemetry_is_off_whatever_was_set() -> None:
    """Both names that the libraries read are set."""
    passed = worker_environment({"ORT_DISABLE_TELEMETRY": "0"})
    assert passed == {"ORT_DISABLE_TELEMETRY": "1", "ORT_TELEMETRY_DISABLED": "1"}
