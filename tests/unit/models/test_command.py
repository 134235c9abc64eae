"""``python run.py models`` as a person calls it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from services.backends.discovery import Place
from services.local_choice import LocalChoice, kept_choice
from services.models.command import main, system_language
from services.models.here import downloads_of
from tests.conftest import NetworkAttempts
from tests.fakes.foundry_catalog import FoundryStub
from tests.fakes.openai_server import running_in_thread
from tests.serving import free_port
from tests.source import ROOT

Capture = pytest.CaptureFixture[str]


def _downloaded(data_dir: Path, name: str = "phi-4-mini") -> Path:
    folder = downloads_of(data_dir) / "Somebody" / f"{name}-generic-cpu-5" / "v5"
    folder.mkdir(parents=True)
    (folder / "genai_config.json").write_text("{}", "utf-8")
    return folder


def _own(folder: Path) -> Path:
    folder.mkdir()
    (folder / "genai_config.json").write_text("{}", "utf-8")
    return folder


def test_the_list_tells_what_is_here_without_a_network(
    data_dir: Path, capsys: Capture, network_attempts: NetworkAttempts
) -> None:
    """What is here and which is in use come at once, then one sentence."""
    _downloaded(data_dir)
    assert main(["list"]) == 0
    network_attempts.take()
    out = capsys.readouterr().out
    assert "builtin" in out
    assert "in use" in out
    assert "phi-4-mini" in out
    assert out.splitlines()[-1].startswith("Foundry Local's catalog cannot be reached.")


def test_the_list_tells_what_the_catalog_offers(stub: FoundryStub, capsys: Capture) -> None:
    """Name, size, licence, task and device stand in one row."""
    os.environ.update(stub.environ)
    assert main([]) == 0
    row = capsys.readouterr().out.splitlines()[-1].split()
    assert row == ["tiny", "10", "MB", "MIT", "chat-completion", "CPU"]


def test_a_download_ends_with_what_to_do_next(
    stub: FoundryStub, data_dir: Path, capsys: Capture
) -> None:
    """After the download its use is one more command, which the output names."""
    os.environ.update(stub.environ)
    assert main(["download", "tiny"]) == 0
    out = capsys.readouterr().out
    assert "100 % · 10 MB" in out
    assert "python run.py models use tiny" in out
    assert main(["use", "tiny"]) == 0
    assert kept_choice(data_dir) == LocalChoice("tiny")


def test_ctrl_c_cancels_and_keeps_what_came(stub: FoundryStub, data_dir: Path) -> None:
    """The status is 130, one sentence says how to go on, and no process is left."""
    stub.hold.clear()
    program = (
        "import sys; from services.models.command import main;sys.exit(main(['download', 'tiny']))"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={**os.environ, **stub.environ},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert "0 %" in process.stdout.readline()
        process.send_signal(signal.SIGINT)
        rest, _ = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "go on with: python run.py models download tiny" in rest
    assert list(downloads_of(data_dir).rglob("download.tmp"))


def test_a_model_in_use_gives_way_when_it_is_removed(data_dir: Path, capsys: Capture) -> None:
    """The next start must not look for what is gone."""
    folder = _downloaded(data_dir)
    assert main(["use", "phi-4-mini"]) == 0
    assert main(["remove", "phi-4-mini"]) == 0
    assert not folder.exists()
    assert kept_choice(data_dir) == LocalChoice("builtin")
    assert "the local model is builtin" in capsys.readouterr().out


def test_an_own_folder_can_be_used(data_dir: Path, tmp_path: Path, capsys: Capture) -> None:
    """It is remembered by its whole path and listed with the others."""
    own = _own(tmp_path / "mine")
    assert main(["use", str(own)]) == 0
    assert kept_choice(data_dir) == LocalChoice(str(own))
    capsys.readouterr()


def test_a_set_variable_is_told(
    data_dir: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A choice that cannot take effect says why."""
    monkeypatch.setenv("NEARSIDE_LOCAL_MODEL", "phi-4")
    assert main(["use", "builtin"]) == 0
    assert "NEARSIDE_LOCAL_MODEL is set to phi-4" in capsys.readouterr().out
    monkeypatch.delenv("NEARSIDE_LOCAL_MODEL")
    monkeypatch.setenv("NEARSIDE_LOCAL_URL", "http://me:secret@127.0.0.1:11434/v1")
    assert main(["use", "builtin"]) == 0
    out = capsys.readouterr().out
    assert "NEARSIDE_LOCAL_URL is set to 127.0.0.1" in out
    assert "secret" not in out


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["download"],
        ["use"],
        ["list", "x"],
        ["use", "nothing"],
        ["use", "/no/such/folder"],
        ["remove", "nothing"],
        ["remove", "builtin"],
        ["remove", ".."],
    ],
)
@pytest.mark.parametrize(("tag", "language"), [("C.UTF-8", "en"), ("de_AT.UTF-8", "de")])
def test_bad_input_gets_one_sentence(
    arguments: list[str], tag: str, language: str, capsys: Capture
) -> None:
    """Status 2, one line on standard error in the system's language, nothing else."""
    os.environ["LC_ALL"] = tag
    assert system_language(os.environ) == language
    assert main(arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert "Traceback" not in captured.err


def test_found_servers_come_with_the_lines_for_the_settings(capsys: Capture) -> None:
    """Name, models and what to write into .env stand together."""
    with running_in_thread() as server:
        place = Place("Ollama", server.url)
        assert main(["find"], places=[place]) == 0
    out = capsys.readouterr().out
    assert f"Ollama answers at {server.url}:" in out
    assert f"  NEARSIDE_LOCAL_URL={server.url}\n  NEARSIDE_LOCAL_MODEL=" in out


def test_no_server_is_one_sentence(capsys: Capture) -> None:
    """It says what to do when a server uses another port."""
    place = Place("Nobody", f"http://127.0.0.1:{free_port()}/v1")
    assert main(["find"], places=[place]) == 0
    assert "NEARSIDE_LOCAL_URL" in capsys.readouterr().out
