"""The file of rules: read again when it changes, written whole, never lost."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest

from services.domain import Message, Role, Site
from services.errors import RuleError
from services.routing.rule_file import RuleFile
from services.routing.rules import MOST_RULES, Condition, Rule

RULE = Rule(Site.LOCAL, Condition.KEYWORD, "Aurora")
ENTRY = {"route": "local", "when": "keyword", "value": "Aurora"}
AURORA = [Message(Role.USER, "All about Aurora")]


@pytest.fixture
def file(tmp_path: Path) -> RuleFile:
    """A file that does not exist yet, in a folder that does not either."""
    return RuleFile(tmp_path / "data" / "rules.json")


def put(file: RuleFile, content: object) -> None:
    """Write the file as an editor would."""
    file.path.parent.mkdir(exist_ok=True)
    text = content if isinstance(content, str) else json.dumps(content)
    file.path.write_text(text, "utf-8")


def test_without_a_file_there_are_no_rules(file: RuleFile) -> None:
    """That is the usual case, and no trouble."""
    assert file.first_match(AURORA) is None
    assert file.current().sentence("en") is None


def test_a_change_counts_at_once(file: RuleFile) -> None:
    """Made by us or by an editor, in this program or another."""
    file.change("", lambda rules: [*rules, RULE])
    assert file.first_match(AURORA) == RULE
    assert RuleFile(file.path).first_match(AURORA) == RULE
    put(file, {"rules": [ENTRY | {"route": "cloud"}]})
    assert file.first_match(AURORA) == Rule(Site.CLOUD, Condition.KEYWORD, "Aurora")
    put(file, {"rules": [ENTRY | {"on": False}]})
    assert file.first_match(AURORA) is None
    file.path.unlink()
    assert file.current().rules.rules == ()


def test_only_the_owner_reads_it(file: RuleFile) -> None:
    """A rule may name what is private."""
    file.change("", lambda rules: [RULE])
    assert file.path.stat().st_mode & 0o077 == 0


def test_a_change_of_an_older_state_is_refused(file: RuleFile) -> None:
    """Two open pages do not undo each other's changes."""
    file.change("", lambda rules: [RULE])
    with pytest.raises(RuleError) as caught:
        file.change("", lambda rules: [])
    assert caught.value.text_key == "error.rules_changed"
    file.change(file.current().version, lambda rules: [])
    assert file.current().rules.rules == ()


def test_a_bad_change_changes_nothing(file: RuleFile) -> None:
    """The rules before it go on counting."""
    file.change("", lambda rules: [RULE])
    bad = Rule(Site.LOCAL, Condition.PATTERN, "(")
    with pytest.raises(RuleError):
        file.change(file.current().version, lambda rules: [*rules, bad])
    assert file.first_match(AURORA) == RULE


@pytest.mark.parametrize(
    "content", ["{", "[]", '{"rules": 5}', '{"other": []}', "null", "[" * 100_000, "\0\1"]
)
def test_a_damaged_file_is_told_and_kept(
    file: RuleFile, content: str, caplog: pytest.LogCaptureFixture
) -> None:
    """One sentence, no rules; a change through us keeps the damaged one beside the new."""
    put(file, content)
    with caplog.at_level(logging.WARNING):
        read = file.current()
        file.current()
    assert len(caplog.records) == 1
    assert str(file.path) in (read.sentence("de") or "")
    assert read.rules.rules == ()
    file.change(read.version, lambda rules: [*rules, RULE])
    assert file.first_match(AURORA) == RULE
    assert file.path.with_name("rules-damaged-1.json").read_text("utf-8") == content


@pytest.mark.parametrize(
    "entry",
    [
        5,
        {},
        ENTRY | {"route": "moon"},
        ENTRY | {"when": "never"},
        ENTRY | {"value": 5},
        ENTRY | {"on": "yes"},
        ENTRY | {"when": "pattern", "value": "(secret"},
    ],
)
def test_one_bad_rule_does_not_silence_the_others(
    file: RuleFile, entry: object, caplog: pytest.LogCaptureFixture
) -> None:
    """It is left out, its number told, its text kept out of the log, the file not lost."""
    put(file, {"rules": [entry, ENTRY]})
    read = file.current()
    assert read.rules.rules == (RULE,)
    assert "Rule 1" in (read.sentence("en") or "")
    assert "secret" not in caplog.text
    file.change(read.version, lambda rules: rules[:0])
    file.change(file.current().version, lambda rules: [RULE])
    assert [p.name for p in sorted(file.path.parent.iterdir())] == [
        "rules-damaged-1.json",
        "rules.json",
    ]


def test_too_many_rules_are_told(file: RuleFile) -> None:
    """The first of them count."""
    put(file, {"rules": [ENTRY] * (MOST_RULES + 1)})
    read = file.current()
    assert len(read.rules.rules) == MOST_RULES
    assert str(MOST_RULES) in (read.sentence("en") or "")


def test_a_file_that_cannot_be_read_or_written_is_told(
    file: RuleFile, caplog: pytest.LogCaptureFixture
) -> None:
    """As where a folder has its name; told once in the log, and nothing is broken."""
    file.path.mkdir(parents=True)
    (file.path / "content").touch()
    assert str(file.path) in (file.current().sentence("en") or "")
    assert file.first_match(AURORA) is None
    assert len(caplog.records) == 1
    file.path.parent.joinpath("blocked").touch()
    blocked = RuleFile(file.path.parent / "blocked" / "rules.json")
    with pytest.raises(RuleError) as caught:
        blocked.change("", lambda rules: [RULE])
    assert caught.value.text_key == "error.rules_write"
