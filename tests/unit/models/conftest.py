"""A Foundry catalog on loopback with a small model."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from services.models.foundry import FoundryCatalog
from tests.fakes.foundry_catalog import FoundryStub

PIECE = 2 << 20
"""The SDK fetches a file in pieces of this many bytes."""


@pytest.fixture
def stub(tmp_path: Path) -> Iterator[FoundryStub]:
    """The catalog, registry and blob store."""
    files = {"v2/genai_config.json": b"{}", "v2/model.onnx.data": bytes(5 * PIECE)}
    with FoundryStub(tmp_path, files, size=5 * PIECE) as server:
        yield server


@pytest.fixture
def catalog(stub: FoundryStub, data_dir: Path) -> FoundryCatalog:
    """The real SDK in a process of its own, asking the stub."""
    return FoundryCatalog(data_dir, stub.environ, catalog_url=stub.catalog_url)
