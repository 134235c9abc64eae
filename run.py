"""Set up and start Nearside: ``python run.py``.

This file alone must parse on old Pythons, so that they get one clear sentence;
everything else lives in ``launcher/``, which uses the standard library only.
"""

import os
import sys

TOO_OLD = {
    "en": "Nearside needs Python 3.11 or newer; this is {version} ({path}). "
    "Install a newer one, for example from https://www.python.org/downloads/, and start with it.",
    "de": "Nearside braucht Python 3.11 oder neuer; dies ist {version} ({path}). Installieren "
    "Sie ein neueres, zum Beispiel von https://www.python.org/downloads/, und starten Sie damit.",
}


def main():  # type: () -> int
    """Check the Python, then hand over; returns the exit status."""
    if sys.version_info < (3, 11):  # noqa: UP036 - this very check is the file's purpose
        language = "de" if os.environ.get("LANG", "").startswith("de") else "en"
        version = ".".join(str(part) for part in sys.version_info[:2])
        sys.stderr.write(TOO_OLD[language].format(version=version, path=sys.executable) + "\n")
        return 2
    from launcher.commands import run

    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
