"""The part of the start that runs inside the environment."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from launcher.sentences import language

INTERRUPTED = 130


def main(arguments: Sequence[str]) -> int:
    """What ``chainlit run app.py`` does, with our settings checked before and a quiet end.

    ``arguments`` are options of ``chainlit run``. Returns the exit status: 2
    for a setting that cannot be used, 130 after Ctrl+C.
    """
    from services.errors import SettingsError
    from services.settings import load_settings

    try:
        load_settings()
    except SettingsError as error:
        print(error.sentence(language()), file=sys.stderr)
        return 2
    root = Path(__file__).resolve().parent.parent
    os.environ["CHAINLIT_APP_ROOT"] = str(root)
    # Chainlit reads CI as an option of its own and then sets a made-up OpenAI key,
    # which would look like a configured cloud.
    os.environ.pop("CI", None)
    return _chainlit(["run", str(root / "app.py"), *arguments])


def _chainlit(arguments: Sequence[str]) -> int:
    import click
    from chainlit.cli import cli

    try:
        cli.main(args=list(arguments), prog_name="chainlit", standalone_mode=False)
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except click.ClickException as error:
        error.show()
        return error.exit_code
    return 0
