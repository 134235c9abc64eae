"""Settings: read once, refused with a sentence, secrets masked."""

from __future__ import annotations

from pathlib import Path

import pytest

from services.domain import PrivatePolicy
from services.endpoints import Secret, mask
from services.errors import SettingsError
from services.settings import NAMES, load_settings


def test_defaults_need_nothing(tmp_path: Path) -> None:
    """With an empty environment there is no cloud, and private prompts stay."""
    settings = load_settings({}, tmp_path / "none")
    assert settings.cloud is None
    assert settings.local_model == "builtin"
    assert settings.private_policy is PrivatePolicy.LOCAL
    assert settings.cloud_share == 0.3
    assert settings.database_url.startswith("sqlite+aiosqlite:///")


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    """What is set in the shell counts more than what stands in .env."""
    file = tmp_path / ".env"
    file.write_text("NEARSIDE_CLOUD_SHARE=0.1\nNEARSIDE_PASSWORD=from-file\n")
    settings = load_settings({"NEARSIDE_CLOUD_SHARE": "0.9"}, file)
    assert (settings.cloud_share, settings.password) == (0.9, "from-file")


@pytest.mark.parametrize(
    ("environ", "url", "kind", "key"),
    [
        ({"OPENAI_API_KEY": "k1"}, "https://api.openai.com/v1", "openai", "k1"),
        ({"OPENAI_BASE_URL": "http://h/v1/"}, "http://h/v1", "openai", ""),
        (
            {"AZURE_OPENAI_ENDPOINT": "https://x.openai.azure.com", "AZURE_OPENAI_API_KEY": "k2"},
            "https://x.openai.azure.com",
            "azure",
            "k2",
        ),
        ({"LLMAAS_API_KEY": "k3", "API_URL": "https://l/v1"}, "https://l/v1", "openai", "k3"),
        ({"NEARSIDE_CLOUD_URL": "https://own/v1"}, "https://own/v1", "openai", ""),
    ],
)
def test_the_fields_own_names(
    tmp_path: Path, environ: dict[str, str], url: str, kind: str, key: str
) -> None:
    """Other vendors' variables are honoured where ours are unset."""
    cloud = load_settings(environ, tmp_path / "none").cloud
    assert cloud is not None
    assert (cloud.url, cloud.kind, cloud.api_key) == (url, kind, key)


def test_a_key_goes_only_where_it_was_set_for(tmp_path: Path) -> None:
    """A cloud address of ours does not borrow another vendor's key."""
    environ = {"NEARSIDE_CLOUD_URL": "https://own/v1", "OPENAI_API_KEY": "sk-somebody-elses"}
    cloud = load_settings(environ, tmp_path / "none").cloud
    assert cloud is not None
    assert cloud.api_key == ""


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("NEARSIDE_CLOUD_SHARE", "1.5"),
        ("NEARSIDE_CLOUD_SHARE", "nan"),
        ("NEARSIDE_CLOUD_BUDGET", "-1"),
        ("NEARSIDE_CLOUD_BUDGET", "inf"),
        ("NEARSIDE_PRIVATE_POLICY", "never"),
        ("NEARSIDE_CLOUD_KIND", "aws"),
        ("NEARSIDE_CLOUD_KIND", "azure"),
        ("NEARSIDE_CLOUD_URL", "api.example.com"),
        ("NEARSIDE_CLOUD_URL", "http://[bad"),
        ("NEARSIDE_TRUST_LOCAL_URL", "maybe"),
        ("NEARSIDE_LOCAL_URL", "http://8.8.8.8/v1"),
        ("NEARSIDE_LOCAL_URL", "http://models.example.com/v1"),
        ("NEARSIDE_THREADS", "0"),
        ("NEARSIDE_THREADS", "257"),
        ("NEARSIDE_THREADS", "1.5"),
        ("NEARSIDE_THREADS", "²"),
        ("NEARSIDE_THREADS", "all"),
        ("NEARSIDE_DATABASE_URL", "mysql://h/db"),
        ("NEARSIDE_DATABASE_URL", "history.db"),
    ],
)
def test_a_wrong_value_is_named(tmp_path: Path, name: str, value: str) -> None:
    """The sentence names the variable, in both languages."""
    with pytest.raises(SettingsError) as wrong:
        load_settings({name: value}, tmp_path / "none")
    variable = "NEARSIDE_CLOUD_URL" if value == "azure" else name
    assert variable in wrong.value.sentence("en")
    assert variable in wrong.value.sentence("de")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "192.168.1.5", "10.1.2.3"])
def test_near_servers_count_as_local(tmp_path: Path, host: str) -> None:
    """This computer and private addresses are accepted."""
    url = f"http://{host}:11434/v1"
    assert load_settings({"NEARSIDE_LOCAL_URL": url}, tmp_path / "none").local_url == url


@pytest.mark.parametrize(
    ("value", "threads"), [("", None), ("auto", None), ("Auto", None), ("1", 1), (" 256 ", 256)]
)
def test_threads_are_a_number_or_left_to_the_library(
    tmp_path: Path, value: str, threads: int | None
) -> None:
    """Whoever wants to keep cores free says how many may compute."""
    assert load_settings({"NEARSIDE_THREADS": value}, tmp_path / "none").threads == threads


def test_a_far_server_counts_as_local_when_vouched_for(tmp_path: Path) -> None:
    """Whoever says so may call any server theirs."""
    environ = {"NEARSIDE_LOCAL_URL": "https://models.example.com", "NEARSIDE_TRUST_LOCAL_URL": "1"}
    assert load_settings(environ, tmp_path / "none").local_url == "https://models.example.com"


def test_secrets_do_not_show(tmp_path: Path) -> None:
    """Neither the repr of the settings nor an error shows a key or a password."""
    environ = {
        "NEARSIDE_CLOUD_URL": "https://own/v1",
        "NEARSIDE_CLOUD_API_KEY": "sk-very-secret-key",
        "NEARSIDE_PASSWORD": "open-sesame-now",
    }
    shown = repr(load_settings(environ, tmp_path / "none"))
    assert "very-secret" not in shown
    assert "sesame" not in shown
    with pytest.raises(SettingsError) as wrong:
        load_settings({"NEARSIDE_CLOUD_URL": "ftp://me:hush@h/"}, tmp_path / "none")
    assert "hush" not in str(wrong.value)
    assert mask("short") == "…"
    assert repr(Secret("abcdefgh")) == "'…gh'"


def test_every_name_is_ours() -> None:
    """The list holds each variable once."""
    assert len(set(NAMES)) == len(NAMES)
    assert all(name.startswith("NEARSIDE_") for name in NAMES)
