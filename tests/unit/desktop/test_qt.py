"""Qt's own dialogs speak the reader's language."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.source import ROOT

SAY = """
import sys
from PySide6.QtCore import QCoreApplication
from desktop.qt import translate

application = QCoreApplication(["nearside"])
translate(application, sys.argv[1])
print(QCoreApplication.translate("QPlatformTheme", "Cancel"))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="Qt is used on Linux alone")
@pytest.mark.parametrize(("language", "word"), [("en", "Cancel"), ("de", "Abbrechen")])
def test_qts_own_words_are_translated(language: str, word: str) -> None:
    """A button of the dialog for saving is in the language of the rest."""
    said = subprocess.run(
        [sys.executable, "-c", SAY, language],
        env={**os.environ, "PYTHONPATH": str(ROOT), "QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout.strip() == word
