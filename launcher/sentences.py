"""What the bootstrap says, before ``services`` can be imported."""

from __future__ import annotations

import locale
import os
import sys
from collections.abc import Mapping

SENTENCES: Mapping[str, Mapping[str, str]] = {
    "en": {
        "create": "Nearside prepares its own environment in {folder} (once).",
        "rebuild": "Nearside prepares its environment anew: {reason}.",
        "update": "Nearside updates its environment: the required packages have changed.",
        "reason_interrupted": "an earlier set-up was interrupted",
        "reason_python": "Python has changed",
        "reason_moved": "the folder has moved",
        "reason_broken": "the environment does not work",
        "venv": "Creating the environment",
        "fetch": "Fetching packages",
        "install": "Installing packages",
        "done": "Ready after {seconds} s.",
        "waiting": "Another start is setting up this folder; waiting for it to finish.",
        "no_venv": "Python at {python} cannot create an environment. "
        "On Debian or Ubuntu: sudo apt install python3-venv",
        "no_network": "The packages could not be fetched: no connection to the package index. "
        "Check the network and start again; nothing has to be repeated by hand.",
        "no_space": "The disk is full: Nearside needs about {needed} MB in {folder}. "
        "Make room and start again.",
        "no_writing": "Nearside may not write in {folder}. "
        "Move it to a folder of yours or change the rights.",
        "no_package": "The package index does not offer one of the required packages for this "
        "Python ({python}) and system. The lines above name it.",
        "pip_failed": "Setting up failed in the step “{step}”. The lines above say why; "
        "the next start tries again.",
        "interrupted": "Interrupted; the next start takes up the set-up again.",
        "starting": "Nearside starts at {url} (Ctrl+C ends it).",
        "running": "Nearside is running already at {url}.",
        "notebook_starting": "JupyterLab starts with the notebooks of Nearside (Ctrl+C ends it).",
        "port_busy": "Port {port} is in use by another program; choose another one with "
        "--port, for example --port {other}.",
        "port_forbidden": "This account may not use port {port}; choose one above 1023 with "
        "--port, for example --port 8000.",
        "host_unknown": "{host} is not an address of this computer; --host takes one, "
        "for example 127.0.0.1.",
        "port_invalid": "--port is {value}; allowed is a whole number from 1 to 65535.",
        "exposed": "With --host {host}, others in the network could read along: set a password "
        "in NEARSIDE_PASSWORD first, or leave --host out.",
        "option_value": "{option} needs a value.",
        "no_screen": "There is no screen here for a window; “python run.py --headless” starts the "
        "server alone.",
        "step_failed": "Failed: {step} (exit status {status}).",
        "no_browser": "The tests need Chromium or Google Chrome: install one of them, or name "
        "it in NEARSIDE_TEST_BROWSER.",
        "browser_failed": "Chromium could not be installed with apt-get.",
        "browser_install": "Installing Chromium for the tests.",
        "no_xvfb": "The tests need a screen in memory. On Debian or Ubuntu: "
        "sudo apt install {packages}",
        "screen_install": "Installing a screen in memory (Xvfb) for the tests.",
        "bench_unknown": "There is no benchmark “{name}”. Available: {known}.",
        "bench_none": "none",
        "command_unknown": "There is no command “{name}”. “python run.py --help” lists them.",
        "usage": "Usage: python run.py [command] [options]\n\n"
        "Without a command, sets up what is missing and starts Nearside.",
        "help_start": "start the chat: [--host H] [--port P] [--headless] "
        "[further options of “chainlit run”]",
        "help_desktop": "open the chat in a window of its own: [--browser]",
        "help_package": "make a folder that runs on a computer without Python: [FOLDER]",
        "help_models": "local models: list, download ALIAS, remove ALIAS, use NAME|PATH, find",
        "help_calibrate": "learn from your ratings which questions the local model can answer: "
        "[--reset]",
        "help_notebook": "open the notebooks in JupyterLab: [--headless] "
        "[further options of “jupyter lab”]",
        "help_test": "set up and run all checks and tests: [pytest options]",
        "help_bench": "run a benchmark of tests/benchmarks: NAME [its options]",
    },
    "de": {
        "create": "Nearside richtet seine eigene Umgebung in {folder} ein (einmalig).",
        "rebuild": "Nearside richtet seine Umgebung neu ein: {reason}.",
        "update": "Nearside aktualisiert seine Umgebung: Die benötigten Pakete haben sich "
        "geändert.",
        "reason_interrupted": "eine frühere Einrichtung wurde unterbrochen",
        "reason_python": "Python hat sich geändert",
        "reason_moved": "der Ordner wurde verschoben",
        "reason_broken": "die Umgebung funktioniert nicht",
        "venv": "Umgebung anlegen",
        "fetch": "Pakete holen",
        "install": "Pakete installieren",
        "done": "Fertig nach {seconds} s.",
        "waiting": "Ein anderer Start richtet diesen Ordner gerade ein; es wird auf ihn gewartet.",
        "no_venv": "Das Python unter {python} kann keine Umgebung anlegen. "
        "Unter Debian oder Ubuntu hilft: sudo apt install python3-venv",
        "no_network": "Die Pakete ließen sich nicht holen: keine Verbindung zum Paketverzeichnis. "
        "Prüfen Sie das Netz und starten Sie erneut; von Hand ist nichts zu wiederholen.",
        "no_space": "Der Datenträger ist voll: Nearside braucht etwa {needed} MB in {folder}. "
        "Schaffen Sie Platz und starten Sie erneut.",
        "no_writing": "Nearside darf in {folder} nicht schreiben. "
        "Verschieben Sie es in einen eigenen Ordner oder ändern Sie die Rechte.",
        "no_package": "Das Paketverzeichnis bietet eines der benötigten Pakete für dieses "
        "Python ({python}) und System nicht an. Die Zeilen darüber nennen es.",
        "pip_failed": "Die Einrichtung ist im Schritt „{step}“ gescheitert. Die Zeilen darüber "
        "sagen, warum; der nächste Start versucht es erneut.",
        "interrupted": "Unterbrochen; der nächste Start nimmt die Einrichtung wieder auf.",
        "starting": "Nearside startet unter {url} (Strg+C beendet es).",
        "running": "Nearside läuft bereits unter {url}.",
        "notebook_starting": "JupyterLab startet mit den Notebooks von Nearside (Strg+C beendet "
        "es).",
        "port_busy": "Port {port} wird von einem anderen Programm benutzt; wählen Sie mit "
        "--port einen anderen, zum Beispiel --port {other}.",
        "port_forbidden": "Dieses Konto darf Port {port} nicht benutzen; wählen Sie mit --port "
        "einen über 1023, zum Beispiel --port 8000.",
        "host_unknown": "{host} ist keine Adresse dieses Computers; --host erwartet eine, "
        "zum Beispiel 127.0.0.1.",
        "port_invalid": "--port ist {value}; erlaubt ist eine ganze Zahl von 1 bis 65535.",
        "exposed": "Mit --host {host} könnten andere im Netz mitlesen: Setzen Sie zuerst ein "
        "Passwort in NEARSIDE_PASSWORD, oder lassen Sie --host weg.",
        "option_value": "{option} braucht einen Wert.",
        "no_screen": "Hier gibt es keinen Bildschirm für ein Fenster; „python run.py --headless“ "
        "startet den Server allein.",
        "step_failed": "Gescheitert: {step} (Exit-Status {status}).",
        "no_browser": "Die Tests brauchen Chromium oder Google Chrome: Installieren Sie eines "
        "davon, oder nennen Sie es in NEARSIDE_TEST_BROWSER.",
        "browser_failed": "Chromium ließ sich nicht mit apt-get installieren.",
        "browser_install": "Chromium wird für die Tests installiert.",
        "no_xvfb": "Die Tests brauchen einen Bildschirm im Speicher. Unter Debian oder Ubuntu: "
        "sudo apt install {packages}",
        "screen_install": "Ein Bildschirm im Speicher (Xvfb) wird für die Tests installiert.",
        "bench_unknown": "Die Messung „{name}“ gibt es nicht. Vorhanden: {known}.",
        "bench_none": "keine",
        "command_unknown": "Den Befehl „{name}“ gibt es nicht. „python run.py --help“ nennt alle.",
        "usage": "Aufruf: python run.py [Befehl] [Optionen]\n\n"
        "Ohne Befehl wird Fehlendes eingerichtet und Nearside gestartet.",
        "help_start": "startet den Chat: [--host H] [--port P] [--headless] "
        "[weitere Optionen von „chainlit run“]",
        "help_desktop": "öffnet den Chat in einem eigenen Fenster: [--browser]",
        "help_package": "macht einen Ordner, der auf einem Computer ohne Python läuft: [ORDNER]",
        "help_models": "lokale Modelle: list, download ALIAS, remove ALIAS, use NAME|PFAD, find",
        "help_calibrate": "lernt aus Ihren Bewertungen, welche Fragen das lokale Modell "
        "beantworten kann: [--reset]",
        "help_notebook": "öffnet die Notebooks in JupyterLab: [--headless] "
        "[weitere Optionen von „jupyter lab“]",
        "help_test": "richtet ein und führt alle Prüfungen und Tests aus: [pytest-Optionen]",
        "help_bench": "führt eine Messung aus tests/benchmarks aus: NAME [deren Optionen]",
    },
}


class LauncherError(Exception):
    """Something that ends the bootstrap with one sentence and an exit status."""

    def __init__(self, key: str, status: int = 2, **values: object) -> None:
        super().__init__(say(key, **values))
        self.key = key
        self.status = status


def language(environ: Mapping[str, str] | None = None) -> str:
    """``de`` when the system speaks German, else ``en``."""
    environ = os.environ if environ is None else environ
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if environ.get(name):
            return "de" if environ[name].lower().startswith("de") else "en"
    if sys.platform == "win32":
        system = (locale.getlocale()[0] or "").lower()
        return "de" if system.startswith(("de", "german")) else "en"
    return "en"


def say(key: str, **values: object) -> str:
    """The sentence ``key`` in the system's language."""
    return SENTENCES[language()][key].format_map(values)
