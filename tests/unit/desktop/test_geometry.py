"""The window comes back as it was left."""

from __future__ import annotations

from pathlib import Path

import pytest

from desktop.geometry import Geometry, Screen, fitted, remember, remembered

WIDE = Screen(0, 0, 1920, 1080)
RIGHT = Screen(1920, 0, 1280, 1024)


def test_what_is_remembered_comes_back(tmp_path: Path) -> None:
    """Size, place and whether it filled the screen."""
    geometry = Geometry(900, 700, -40, 12, True)
    remember(tmp_path / "window.json", geometry)
    assert remembered(tmp_path / "window.json") == geometry


def test_the_first_start_has_nothing_to_remember(tmp_path: Path) -> None:
    """It opens in the usual size, in the middle."""
    assert remembered(tmp_path / "window.json") == Geometry()


@pytest.mark.parametrize("note", ["", "[]", '{"width": "wide"}', '{"height": 5.5}', '{"z": 1}'])
def test_a_damaged_note_counts_as_none(
    note: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The window opens all the same, and the log tells why it is not where it was."""
    path = tmp_path / "window.json"
    path.write_text(note, "utf-8")
    assert remembered(path) == Geometry()
    assert "window.json" in caplog.text


def test_a_folder_that_cannot_be_written_ends_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Closing the window works without the note."""
    remember(tmp_path / "gone" / "window.json", Geometry())
    assert "cannot be written" in caplog.text


def test_a_window_that_can_be_seen_stays_where_it_was() -> None:
    """On any screen, also one that it hangs out of."""
    assert fitted(Geometry(800, 600, 2500, 10), [WIDE, RIGHT]).x == 2500
    assert fitted(Geometry(800, 600, -700, 10), [WIDE]).x == -700


@pytest.mark.parametrize("place", [(2500, 10), (-790, 10), (100, -300), (100, 1075)])
def test_a_window_out_of_reach_comes_to_the_middle(place: tuple[int, int]) -> None:
    """Its screen is gone, or its upper edge cannot be got hold of."""
    found = fitted(Geometry(800, 600, *place), [WIDE])
    assert (found.x, found.y, found.width, found.height) == (None, None, 800, 600)


def test_a_window_is_no_larger_than_its_screen() -> None:
    """And never too small to be used."""
    assert fitted(Geometry(3000, 2000, 0, 0), [WIDE]).width == 1920
    assert fitted(Geometry(100, 10, 0, 0), [WIDE]) == Geometry(420, 480, 0, 0)


def test_without_a_known_screen_nothing_changes() -> None:
    """The system then does what it finds right."""
    assert fitted(Geometry(3000, 2000, 5, 5), []) == Geometry(3000, 2000, 5, 5)
