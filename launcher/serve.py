"""The part of the start that runs inside the environment."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from launcher.unused import leave_out

INTERRUPTED = 130


def prepare(root: Path) -> None:
    """Before Chainlit's import: ``root`` holds its settings and the page's files."""
    leave_out()
    os.environ["CHAINLIT_APP_ROOT"] = str(root)
    # Chainlit reads CI as an option of its own and then sets a made-up OpenAI key,
    # which would look like a configured cloud.
    os.environ.pop("CI", None)


def main(arguments: Sequence[str]) -> int:
    """What ``chainlit run app.py`` does, with a quiet end.

    ``arguments`` are options of ``chainlit run``. Returns the exit status, 130
    after Ctrl+C.
    """
    root = Path(__file__).resolve().parent.parent
    prepare(root)

    import click
    from chainlit.cli import cli

    try:
        cli.main(
            args=["run", str(root / "app.py"), *arguments],
            prog_name="chainlit",
            standalone_mode=False,
        )
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except click.ClickException as error:
        error.show()
        return error.exit_code
    return 0
