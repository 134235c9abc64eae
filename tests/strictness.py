"""A pytest plugin: where CI is set, a test that does not run is a test that fails.

A skipped test proves nothing, and an expected failure is a known defect; both
may be of use on somebody's own computer, but not where a green light is given.
"""

from __future__ import annotations

import os
from collections.abc import Generator
from typing import Any

import pytest

STRICT = pytest.StashKey[bool]()


def pytest_configure(config: pytest.Config) -> None:
    """Note at the start whether this is CI; tests run with ``CI`` removed."""
    known = getattr(config, "workerinput", {}).get("strict")
    here = os.environ.get("CI", "").lower() not in {"", "0", "false"}
    config.stash[STRICT] = here if known is None else known


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a process of pytest-xdist, which is started when ``CI`` has been removed."""
    node.workerinput["strict"] = node.config.stash[STRICT]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn a skip or an expected failure into a failure."""
    report = yield
    if item.config.stash[STRICT]:
        if hasattr(report, "wasxfail"):
            report.outcome = "failed"
            report.longrepr = f"expected failures are not allowed in CI: {report.wasxfail}"
            del report.wasxfail
        elif report.skipped:
            report.outcome = "failed"
            report.longrepr = f"skipped tests are not allowed in CI: {_reason(report.longrepr)}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Turn a module that skips itself into an error."""
    report = yield
    if collector.config.stash[STRICT] and report.skipped:
        report.outcome = "failed"
        report.longrepr = f"skipped modules are not allowed in CI: {_reason(report.longrepr)}"
    return report


def _reason(longrepr: object) -> str:
    return str(longrepr[2]) if isinstance(longrepr, tuple) else str(longrepr)
