"""Runs each test on every backend that can be made to do what the test needs."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.contract.rigs import BACKENDS, BEHAVIOURS, Rig


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "provokes(*behaviours): what the backend is made to do")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One case for each backend, but for what its ``cannot`` explains."""
    if "rig" not in metafunc.fixturenames:
        return
    needed = {
        behaviour
        for marker in metafunc.definition.iter_markers("provokes")
        for behaviour in marker.args
    }
    unknown = needed - set(BEHAVIOURS)
    if unknown:
        raise pytest.UsageError(f"{metafunc.function.__name__}: unknown behaviours {unknown}")
    able = [maker for maker in BACKENDS if needed.isdisjoint(maker.cannot)]
    metafunc.parametrize("rig", able, ids=[maker.name for maker in able], indirect=True)


@pytest.fixture
async def rig(request: pytest.FixtureRequest) -> AsyncIterator[Rig]:
    """The backend under test and the means to make it misbehave."""
    async with request.param() as made:
        yield made
