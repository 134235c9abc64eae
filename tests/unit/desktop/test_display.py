"""Whether a window can open is known before anything is risked."""

from __future__ import annotations

from pathlib import Path

from desktop.display import unusable
from tests.desktop_window import screen


def test_without_a_screen_there_is_no_window(tmp_path: Path) -> None:
    """The reason names what is missing."""
    assert unusable({}, tmp_path) == "no DISPLAY"


def test_a_missing_library_is_named(tmp_path: Path) -> None:
    """As the linker names it; on either kind of screen."""
    assert "libqxcb.so" in (unusable({"DISPLAY": ":0"}, tmp_path) or "")
    assert "libqwayland.so" in (unusable({"WAYLAND_DISPLAY": "w"}, tmp_path) or "")


def _plugins(folder: Path) -> Path:
    """A folder with a plugin that loads: some library under its name."""
    (folder / "libqxcb.so").symlink_to(next(Path("/usr/lib").glob("*/libxcb.so.1")))
    return folder


def test_a_screen_that_does_not_answer_is_no_screen(tmp_path: Path) -> None:
    """Qt would end the process there."""
    reason = unusable({"DISPLAY": ":nobody"}, _plugins(tmp_path))
    assert reason == "no connection to the screen :nobody"


def test_a_screen_that_answers_will_do(tmp_path: Path) -> None:
    """Also where a Wayland screen is named that has no plugin."""
    with screen() as display:
        plugins = _plugins(tmp_path)
        assert unusable({"DISPLAY": display}, plugins) is None
        assert unusable({"DISPLAY": display, "WAYLAND_DISPLAY": "w"}, plugins) is None


def test_whoever_names_a_platform_gets_it(tmp_path: Path) -> None:
    """``offscreen`` needs no screen."""
    assert unusable({"QT_QPA_PLATFORM": "offscreen"}, tmp_path) is None
