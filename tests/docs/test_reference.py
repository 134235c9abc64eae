"""The lists of the reference are those of the code, in both directions."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from dataclasses import fields
from typing import Any
from unittest.mock import Mock

import pytest
from starlette.routing import Route as Address

from launcher.commands import COMMANDS
from services import api, endpoints
from services.categories import CATEGORIES, REPLACEABLE
from services.controls import settings_panel
from services.domain import AnswerStatus, Mode, PrivatePolicy, Route
from services.history.tables import Base
from services.metrics import Metrics
from services.preferences import Preferences
from services.routing.kinds import KINDS
from services.settings import NAMES, Settings
from services.texts import catalog, say
from tests import source
from tests.docs.pages import DOCS, Page, page, pages, word, words
from tests.source import ROOT

DEFAULTS = {
    "NEARSIDE_CLOUD_MODEL": endpoints.DEFAULT_CLOUD_MODEL,
    "NEARSIDE_CLOUD_API_VERSION": endpoints.AZURE_API_VERSION,
    "NEARSIDE_CLOUD_KIND": endpoints.CloudSettings("", "").kind,
    "NEARSIDE_TRUST_LOCAL_URL": "0",
}
ASIDE = {"NEARSIDE_TEST_BROWSER", "NEARSIDE_TEST_NETWORK"} | {
    "NEARSIDE_ADDRESS",
    "NEARSIDE_OUTCOMES",
}
"""Variables of the tests and of the notebooks, which the program does not read."""
BY_FAILURE = {"local_failed", "cloud_failed"}
"""Reasons whose sentence is that of the error; see ``services.generation.failed``."""


def _reference(name: str) -> Page:
    return page(DOCS / "reference" / f"{name}.md")


def _column(name: str, heading: str) -> list[str]:
    """What stands in backticks in the first column of a table."""
    table = _reference(name).table(heading)
    return [word(row[table.names[0]]) for row in table.rows]


def _same(listed: list[str], there: set[str]) -> None:
    """Everything that is there is listed once, and nothing else, save what is coming."""
    assert len(listed) == len(set(listed))
    assert there == set(listed)


def test_every_setting_is_listed() -> None:
    """Each setting is explained, and none that does not exist."""
    assert sorted(_column("settings", "Settings")) == sorted(NAMES)


def test_the_defaults_are_the_real_ones() -> None:
    """A default in the table is the one in the code."""
    known = {f"NEARSIDE_{item.name.upper()}": item.default for item in fields(Settings)}
    simple = {name: str(value) for name, value in known.items() if isinstance(value, str | float)}
    listed = {
        word(row["name"]): row["default"].strip("`")
        for row in _reference("settings").table("Settings").rows
    }
    expected = {name: value for name, value in (simple | DEFAULTS).items() if name in listed}
    assert len(expected) > 6
    assert {name: listed[name] for name in expected} == expected


@pytest.mark.parametrize("read", pages(), ids=lambda read: str(read.path.relative_to(ROOT)))
def test_no_page_names_a_setting_that_does_not_exist(read: Page) -> None:
    """A slip in a name would be silently ignored by the program."""
    assert set(re.findall(r"NEARSIDE_[A-Z_]+", read.path.read_text("utf-8"))) <= {
        *NAMES,
        *ASIDE,
    }


def test_foreign_names_are_listed() -> None:
    """The other vendors' names are those that the settings read."""
    text = inspect.getsource(endpoints.cloud_of)
    read = {name for name in re.findall(r'get\("([A-Z_]+)"', text) if "NEARSIDE" not in name}
    table = _reference("settings").table("Names of other vendors")
    assert {name for row in table.rows for name in words(row["set"])} == read
    assert endpoints.LLMAAS_URL in "".join(row["the cloud is"] for row in table.rows)


def test_the_settings_of_a_conversation_are_listed() -> None:
    """Names, ids and choices are those of the panel in the chat."""
    panel = settings_panel("en", PrivatePolicy.LOCAL, Preferences(), temporary=False)
    rows = _reference("settings").table("Settings of one conversation").rows
    assert {word(row["id"]): row["name in the panel"] for row in rows} == {
        control["id"]: control["label"] for control in panel
    }
    for row, control in zip(rows, panel, strict=True):
        choices = [item["value"] for item in control.get("items", [])]
        assert words(row["choices"]) == choices


def test_every_command_is_listed() -> None:
    """Each command of ``run.py`` is explained, and none that does not exist."""
    rows = _reference("commands").table("Commands").rows
    listed = {
        (re.findall(r"^python run\.py (\w+)", command) or ["start"])[0]
        for row in rows
        for command in words(row["command"])
    }
    there = {command.name for command in COMMANDS}
    _same(list(listed), there)


@pytest.mark.parametrize("read", pages(), ids=lambda read: str(read.path.relative_to(ROOT)))
def test_no_page_names_a_command_that_does_not_exist(read: Page) -> None:
    """Also in the midst of a sentence."""
    named = set(re.findall(r"python run\.py ([a-z]+)", read.path.read_text("utf-8")))
    assert named <= {command.name for command in COMMANDS}


def test_every_reason_is_listed() -> None:
    """Codes of the code, and of what may fail while models are asked."""
    said = {key.removeprefix("reason.") for key in catalog("en") if key.startswith("reason.")}
    said -= {f"{code}_file" for code in said}  # another sentence of the same reason
    given: set[str] = set()
    for module in source.product():
        given |= set(re.findall(r'\b(?:reason|about|Reason)\(\s*"(\w+)"', module.text))
    assert given <= said
    _same(_column("decisions", "Reasons"), said | BY_FAILURE)


def test_every_category_is_listed() -> None:
    """With the right word on whether it can be replaced."""
    rows = _reference("decisions").table("Categories").rows
    answers = {word(row["word"]): row["a placeholder can stand for it"] for row in rows}
    assert tuple(answers) == CATEGORIES
    assert {name for name, answer in answers.items() if answer == "yes"} == REPLACEABLE


@pytest.mark.parametrize(
    ("heading", "known"),
    [
        ("Routes", list(Route)),
        ("Choices", list(Mode)),
        ("Policies", list(PrivatePolicy)),
        ("How an answer ended", list(AnswerStatus)),
        ("Kinds of tasks", list(KINDS)),
    ],
)
def test_every_word_is_listed(heading: str, known: list[str]) -> None:
    """The words that programs see are those of the code."""
    assert sorted(_column("decisions", heading)) == sorted(str(value) for value in known)


def test_words_are_shown_as_the_table_says() -> None:
    """The names that people see are those of the interface."""
    for row in _reference("decisions").table("Routes").rows:
        key = f"interface.route_{word(row['route']).replace('-', '_')}"
        assert row["shown as"] == say(key, "en")
    for row in _reference("decisions").table("Choices").rows:
        assert row["shown as"] == say(f"interface.mode_{word(row['word'])}", "en")
    for row in _reference("decisions").table("Kinds of tasks").rows:
        assert row["is"] == say(f"kind.{word(row['word'])}", "en")


def _addresses() -> set[str]:
    """Method and path of everything that a ``…_routes`` function of the HTTP part makes."""
    found = set()
    for module in pkgutil.walk_packages(api.__path__, f"{api.__name__}."):
        for name, make in inspect.getmembers(importlib.import_module(module.name)):
            if name.endswith("_routes") and inspect.isfunction(make):
                given: list[Any] = [Mock() for _ in inspect.signature(make).parameters]
                for address in make(*given):
                    assert isinstance(address, Address)
                    path = re.sub(r":\w+}", "}", address.path)
                    found |= {f"{m} {path}" for m in address.methods or () if m != "HEAD"}
    return found


def test_every_address_is_listed() -> None:
    """Each request that Nearside answers is explained, and none that does not exist."""
    listed = [
        word(row["request"])
        for table in _reference("http").tables
        if "request" in table.names
        for row in table.rows
    ]
    _same(listed, _addresses())


def test_every_count_is_listed() -> None:
    """The names of the figures for Prometheus are those that are given out."""
    given = set(re.findall(r"^# TYPE (\w+) (?:counter|histogram)", Metrics().text(), re.MULTILINE))
    assert set(re.findall(r"nearside_\w+", _reference("http").prose)) == given


def test_every_table_is_listed_with_its_columns() -> None:
    """Tables and columns are those that the migrations make."""
    tables = _reference("data").tables
    listed = {
        table.heading: [word(row["column"]) for row in table.rows]
        for table in tables
        if "column" in table.names
    }
    known = {
        name: [column.name for column in table.columns]
        for name, table in Base.metadata.tables.items()
    }
    _same(list(listed), set(known))
    assert {name: listed[name] for name in known} == known


def test_the_files_of_the_data_folder_are_listed() -> None:
    """Every name of a file that the program keeps there has a row."""
    rows = _reference("data").tables[1].rows
    listed = {name for row in rows for name in words(row["file or folder"])}
    text = "".join(module.text for module in source.product())
    made = set(re.findall(r'data_dir / "([\w.-]+)"', text.replace("/ '", '/ "').replace("'", '"')))
    assert len(made) > 5
    assert made <= listed
