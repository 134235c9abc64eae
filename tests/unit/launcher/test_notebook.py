"""``python run.py notebook`` as far as it goes without JupyterLab."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from jupyterlab.labapp import LabApp
from jupyterlab_server.settings_utils import _get_overrides

from launcher.lab import CONFIG_PATH, DEFAULTS, lab_options, take_defaults, take_settings
from launcher.notebook import FIRST, FOLDER, options
from tests.source import ROOT


def test_it_opens_what_there_is() -> None:
    """The folder and the notebook that is shown first exist."""
    assert (ROOT / FOLDER / FIRST).is_file()
    assert f"--ServerApp.root_dir={ROOT / FOLDER}" in lab_options(ROOT, [])


def test_a_browser_opens_only_where_one_can_and_may() -> None:
    """``--headless`` and a computer without a screen open none; other options are passed on."""
    assert options(["--port=9999"], screen=True) == ["--port=9999"]
    assert options(["--headless", "--ip=::1"], screen=True) == ["--no-browser", "--ip=::1"]
    assert options([], screen=False) == ["--no-browser"]


def test_jupyterlab_asks_nobody_for_news() -> None:
    """Neither its makers nor the package index hear that it was started."""
    app = LabApp()
    app.load_config_environ = lambda: None
    app.parse_command_line([*lab_options(ROOT, []), "--ServerApp.open_browser=False"])
    app.update_config(app.cli_config)
    assert app.news_url is None
    assert app.check_for_updates_class.__name__ == "NeverCheckForUpdate"
    assert app.extension_manager == "readonly"


def test_nobody_is_asked_for_news(monkeypatch: pytest.MonkeyPatch) -> None:
    """JupyterLab finds our defaults, beside a path that is set already."""
    monkeypatch.setenv(CONFIG_PATH, "elsewhere")
    take_defaults(os.environ)
    assert os.environ[CONFIG_PATH] == os.pathsep.join(["elsewhere", str(DEFAULTS)])
    overrides, error = _get_overrides("no-such-folder")
    assert error == ""
    assert overrides["@jupyterlab/apputils-extension:notification"]["fetchNews"] == "false"


def test_a_persons_own_options_win() -> None:
    """They come last, where JupyterLab takes the last of two."""
    assert lab_options(ROOT, ["--LabApp.default_url=/lab"])[-1] == "--LabApp.default_url=/lab"


def test_the_settings_are_those_of_the_chat(tmp_path: Path) -> None:
    """A ``.env`` counts where the command was called; the environment wins over it."""
    lines = "NEARSIDE_CLOUD_SHARE=0.5\nNEARSIDE_DATA_DIR=mine\nNEARSIDE_THREADS=1\n"
    (tmp_path / ".env").write_text(lines, "utf-8")
    environ = {"NEARSIDE_THREADS": "2"}
    take_settings(environ, tmp_path)
    assert environ == {
        "NEARSIDE_CLOUD_SHARE": "0.5",
        "NEARSIDE_DATA_DIR": str(tmp_path / "mine"),
        "NEARSIDE_THREADS": "2",
    }


def test_without_settings_nothing_is_made_up(tmp_path: Path) -> None:
    """No ``.env``, no variable."""
    environ: dict[str, str] = {}
    take_settings(environ, tmp_path)
    assert environ == {}
