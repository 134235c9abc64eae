"""The part of ``python run.py notebook`` that runs inside the environment."""

from __future__ import annotations

import os
from collections.abc import MutableMapping, Sequence
from pathlib import Path

from launcher.notebook import FIRST, FOLDER

CONFIG_PATH = "JUPYTER_CONFIG_PATH"
DEFAULTS = Path(__file__).parent / "jupyter"

_QUIET = (
    # JupyterLab would ask its makers for news and updates, and PyPI for extensions.
    "--LabApp.news_url=None",
    "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    "--LabApp.extension_manager=readonly",
)


def main(arguments: Sequence[str]) -> int:
    """Run JupyterLab until Ctrl+C; ``arguments`` are options of ``jupyter lab``."""
    take_settings(os.environ, Path.cwd())
    take_defaults(os.environ)

    from jupyterlab.labapp import LabApp

    LabApp.launch_instance(argv=lab_options(Path(__file__).resolve().parent.parent, arguments))
    return 0


def lab_options(root: Path, arguments: Sequence[str]) -> list[str]:
    """The options for JupyterLab; later ones win, so a person's own come last."""
    return [
        f"--ServerApp.root_dir={root / FOLDER}",
        f"--LabApp.default_url=/lab/tree/{FIRST}",
        *_QUIET,
        *arguments,
    ]


def take_defaults(environ: MutableMapping[str, str]) -> None:
    """Let JupyterLab find our defaults: not to ask whether it may fetch news.

    What is set in JupyterLab itself still wins.
    """
    known = filter(None, [environ.get(CONFIG_PATH)])
    environ[CONFIG_PATH] = os.pathsep.join([*known, str(DEFAULTS)])


def take_settings(environ: MutableMapping[str, str], folder: Path) -> None:
    """Hand the settings of ``folder`` on to the notebooks, which run in a folder of their own.

    A ``.env`` there counts as it does for the chat, and a relative data folder is
    the one that the chat would take.
    """
    from dotenv import dotenv_values

    for name, value in dotenv_values(folder / ".env").items():
        if value is not None:
            environ.setdefault(name, value)
    if data := environ.get("NEARSIDE_DATA_DIR", "").strip():
        environ["NEARSIDE_DATA_DIR"] = str(folder / Path(data).expanduser())
