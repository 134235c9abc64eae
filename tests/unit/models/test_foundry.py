"""Foundry's catalog through the real SDK, against a stub on loopback."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from services.backends.local.foundry_cache import find_downloaded
from services.errors import ModelError
from services.models.foundry import Cancellation, FoundryCatalog
from services.models.foundry_process import SPARE, room_needed
from services.models.here import (
    disk_use,
    downloads_of,
    folder_size,
    present_models,
    remove_model,
)
from services.models.meter import Progress
from services.models.offer import Offer
from tests.conftest import NetworkAttempts
from tests.fakes.foundry_catalog import FoundryStub
from tests.unit.models.conftest import PIECE


class Enough(Exception):
    """The person pressed Ctrl+C."""


def _file(data_dir: Path, name: str) -> Path:
    return downloads_of(data_dir) / "Somebody" / "tiny-generic-cpu-2" / "v2" / name


def test_the_catalog_tells_what_suits_this_computer(catalog: FoundryCatalog) -> None:
    """Name, size, licence, task and device of each model come from the catalog."""
    assert catalog.offers() == [Offer("tiny", 10, "MIT", "chat-completion", "CPU", here=False)]


def test_a_model_is_fetched_used_and_removed(
    catalog: FoundryCatalog, stub: FoundryStub, data_dir: Path
) -> None:
    """After the download the engine finds the model, the list says so, and it can go again."""
    told: list[Progress] = []
    catalog.download("TINY", told.append)
    assert told[-1].percent == 100
    assert told[-1].done_mb == 10
    folder = find_downloaded("tiny", downloads_of(data_dir))
    assert folder == _file(data_dir, "x").parent
    assert (folder / "model.onnx.data").read_bytes() == stub.files["v2/model.onnx.data"]
    assert catalog.offers()[0].here
    assert [(m.name, m.whole) for m in present_models(data_dir, "builtin")] == [
        ("builtin", True),
        ("tiny", True),
    ]
    assert remove_model(data_dir, "tiny") > 5 * PIECE
    assert find_downloaded("tiny", downloads_of(data_dir)) is None
    assert not catalog.offers()[0].here


def test_a_cancelled_download_goes_on_where_it_was(
    catalog: FoundryCatalog, stub: FoundryStub, data_dir: Path
) -> None:
    """What had come is not fetched again, and an incomplete model is never loaded."""
    stub.size = 24 * PIECE  # the SDK notes every few pieces what it has
    stub.files["v2/model.onnx.data"] = bytes(stub.size)

    def cancel(state: Progress) -> None:
        if state.percent >= 70:
            stub.hold.clear()
            raise Enough

    stub.hold.set()
    with pytest.raises(Enough):
        catalog.download("tiny", cancel)
    assert find_downloaded("tiny", downloads_of(data_dir)) is None
    assert [m.whole for m in present_models(data_dir, "builtin")] == [True, False]
    stub.hold.set()
    stub.ranges.clear()
    catalog.download("tiny", lambda state: None)
    assert _file(data_dir, "model.onnx.data").read_bytes() == stub.files["v2/model.onnx.data"]
    assert ("v2/model.onnx.data", 0) not in stub.ranges
    assert stub.ranges


def test_a_stalled_download_can_be_cancelled_from_outside(
    catalog: FoundryCatalog, stub: FoundryStub, data_dir: Path
) -> None:
    """Also while nothing comes, and before the process has begun."""
    cancellation = Cancellation()

    def stall(state: Progress) -> None:
        stub.hold.clear()
        if state.percent >= 20:
            cancellation.cancel()

    with pytest.raises(ModelError):
        catalog.download("tiny", stall, cancellation)
    assert [m.whole for m in present_models(data_dir, "builtin")] == [True, False]
    with pytest.raises(ModelError):
        catalog.download("tiny", lambda state: None, cancellation)


def test_the_disk_must_hold_only_what_is_missing(
    catalog: FoundryCatalog, stub: FoundryStub, data_dir: Path
) -> None:
    """What has come of a download is where the check looks for it, and is taken off."""
    downloads, name = downloads_of(data_dir), "tiny-generic-cpu:2"
    whole = 10 * SPARE
    assert room_needed(10, name, downloads) == whole

    def cancel(state: Progress) -> None:
        if state.percent >= 20:
            stub.hold.clear()
        if state.percent >= 40:
            raise Enough

    with pytest.raises(Enough):
        catalog.download("tiny", cancel)
    assert 0 < room_needed(10, name, downloads) <= whole - 2
    assert room_needed(1, name, downloads) == 0


def test_what_has_come_of_a_download_is_what_takes_room(tmp_path: Path) -> None:
    """A file that was given its full size at once has not come as a whole."""
    with (tmp_path / "model.onnx.data").open("wb") as file:
        file.write(bytes(4096))
        file.truncate(64 << 20)
    assert folder_size(tmp_path) == 64 << 20
    assert disk_use(tmp_path) < 1 << 20 or sys.platform == "win32"


def test_an_unknown_model_is_named(catalog: FoundryCatalog) -> None:
    """A slip of the keyboard gets a sentence with the name in it."""
    with pytest.raises(ModelError, match="no model nothing"):
        catalog.download("nothing", lambda state: None)


def test_a_full_disk_is_told_before_the_download(
    catalog: FoundryCatalog, stub: FoundryStub
) -> None:
    """Nothing is fetched that has no room."""
    stub.size = 1 << 60
    with pytest.raises(ModelError, match="not enough room for tiny"):
        catalog.download("tiny", lambda state: None)
    assert stub.ranges == []


def test_a_download_that_breaks_off_is_told(
    catalog: FoundryCatalog, stub: FoundryStub, data_dir: Path
) -> None:
    """A server that fails leaves one sentence, and what has come stays."""
    stub.gone = "v2/model.onnx.data"
    with pytest.raises(ModelError, match="broke off"):
        catalog.download("tiny", lambda state: None)
    assert find_downloaded("tiny", downloads_of(data_dir)) is None


def test_without_a_network_it_says_so(data_dir: Path, network_attempts: NetworkAttempts) -> None:
    """The catalog's name cannot be looked up: one sentence, and the list of what is here stays."""
    with pytest.raises(ModelError, match="cannot be reached"):
        FoundryCatalog(data_dir, {}).offers()
    network_attempts.take()
    assert [model.name for model in present_models(data_dir, "builtin")] == ["builtin"]


def test_a_helper_that_hangs_is_ended(stub: FoundryStub, data_dir: Path) -> None:
    """A catalog that never answers is given up after the time that was set."""
    hung = FoundryCatalog(
        data_dir, stub.environ, catalog_url=stub.catalog_url, listing_seconds=0.01
    )
    with pytest.raises(ModelError, match="cannot be reached"):
        hung.offers()


def test_a_helper_that_crashes_is_told(data_dir: Path) -> None:
    """The library takes its process with it: one sentence, not a broken program."""
    program = (
        'import os; input(); print(\'{"size_mb": 5}\\n{"percent": 50}\', flush=True);'
        "os.kill(os.getpid(), 9)"
    )
    told: list[Progress] = []
    crashing = FoundryCatalog(data_dir, {}, command=[sys.executable, "-c", program])
    with pytest.raises(ModelError, match="stopped unexpectedly"):
        crashing.download("tiny", told.append)
    assert [state.done_mb for state in told] == [2.5]
