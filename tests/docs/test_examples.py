"""What the documentation says of its examples is what the program makes of them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from launcher.sentences import SENTENCES
from run import TOO_OLD
from services.domain import Message, Mode, PrivatePolicy, Role, RouteRequest
from services.local_choice import BUILTIN
from services.prices import FILE_NAME, load_prices
from services.routing.complexity import open_complexity
from services.routing.local_class import LocalClass
from services.routing.privacy import PrivacyDetector
from services.routing.router import HybridRouter
from services.routing.rule_file import RuleFile
from services.settings import Settings, load_settings
from services.texts import catalog, say
from tests.docs.pages import DOCS, Block, blocks, page, pages, word
from tests.source import ROOT

CLOUD = re.compile(r"^The cloud is `([^`]+)`, the model `([^`]+)`\.")
SERVER = re.compile(
    r"^The local model is (?:`([^`]+)`|the first one that is listed) at `([^`]+)`\."
)
LOCAL = re.compile(r"^The local model is `([^`]+)`\.")
EXAMPLES = blocks("dotenv")
CHOICES = {say(f"interface.mode_{mode}", "en"): mode for mode in Mode}


def _loaded(block: Block, tmp_path: Path) -> Settings:
    file = tmp_path / ".env"
    file.write_text(block.text, "utf-8")
    return load_settings({"NEARSIDE_DATA_DIR": str(tmp_path / "none")}, file)


@pytest.mark.parametrize("block", EXAMPLES, ids=str)
def test_settings_lead_where_the_page_says(block: Block, tmp_path: Path) -> None:
    """The program reads the lines, and asks the endpoints that the sentence after them names."""
    settings = _loaded(block, tmp_path)
    cloud = (settings.cloud.url, settings.cloud.model) if settings.cloud else None
    told = CLOUD.match(block.after)
    assert cloud == (told.groups() if told else None)
    server, local = SERVER.match(block.after), LOCAL.match(block.after)
    model = (server[1] if server else local[1] if local else None) or BUILTIN
    assert (settings.local_url, settings.local_model) == (server[2] if server else None, model)


@pytest.mark.parametrize("block", EXAMPLES, ids=str)
def test_every_line_of_settings_counts(block: Block, tmp_path: Path) -> None:
    """None could be left out without a change."""
    whole = _loaded(block, tmp_path)
    lines = block.text.splitlines()
    without = [
        replaced
        for number in range(len(lines))
        if _differs(whole, replaced := "\n".join(lines[:number] + lines[number + 1 :]), tmp_path)
    ]
    defaults = sum("gpt-4o-mini" in line for line in lines)
    assert len(without) + defaults == len(lines)


def _differs(whole: Settings, text: str, tmp_path: Path) -> bool:
    file = tmp_path / "less.env"
    file.write_text(text, "utf-8")
    try:
        return load_settings({"NEARSIDE_DATA_DIR": str(tmp_path / "none")}, file) != whole
    except Exception as error:  # the others alone are refused
        return type(error).__name__ == "SettingsError"


def test_a_key_of_the_examples_reaches_its_endpoint(tmp_path: Path) -> None:
    """With a cloud, each example gives a key, except the practice server's own."""
    for block in EXAMPLES:
        cloud = _loaded(block, tmp_path).cloud
        assert cloud is None or cloud.api_key, block


def _rows() -> list[tuple[str, dict[str, str], Path]]:
    return [
        (f"{read.path.relative_to(ROOT)}-{number}", dict(row), read.path)
        for read in pages()
        for number, row in enumerate(
            row for table in read.tables if "first reason" in table.names for row in table.rows
        )
    ]


ROWS = _rows()


@pytest.mark.parametrize(("row", "home"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
async def test_prompts_go_where_the_page_says(
    row: dict[str, str], home: Path, tmp_path: Path
) -> None:
    """Route and first reason of every prompt in a table, as the program decides them."""
    rules = tmp_path / "rules.json"
    if shown := [b for b in blocks("json") if b.page == home and '"rules"' in b.text]:
        rules.write_text(shown[0].text, "utf-8")
    router = HybridRouter(
        PrivacyDetector(),
        open_complexity(LocalClass.GUIDE),
        0.3,
        rules=RuleFile(rules),
        time_limit=60,
    )
    decision = await router.decide(
        RouteRequest(
            (Message(Role.USER, row["you write"]),),
            CHOICES[row.get("choice", "Auto")],
            PrivatePolicy(row.get("policy", "local")),
            cloud_available=row.get("cloud") != "not set up",
        )
    )
    assert (decision.route.value, decision.reasons[0].code) == (
        word(row["route"]),
        word(row["first reason"]),
    )


def test_the_rules_of_the_page_are_rules(tmp_path: Path) -> None:
    """The file that the page shows is read without complaint, all of it."""
    (block,) = (b for b in blocks("json") if b.page.name == "own-rules.md")
    file = tmp_path / "rules.json"
    file.write_text(block.text, "utf-8")
    read = RuleFile(file).current()
    assert read.trouble is None
    assert len(read.rules.rules) == len(json.loads(block.text)["rules"])


def test_the_prices_of_the_page_are_prices(tmp_path: Path) -> None:
    """The list that the page shows extends the one that ships."""
    (block,) = (b for b in blocks("json") if b.page == DOCS / "how-to" / "cloud.md")
    (tmp_path / FILE_NAME).write_text(block.text, "utf-8")
    listed = load_prices(tmp_path).models
    assert {*json.loads(block.text)["models"], "gpt-4o-mini"} <= listed.keys()


def _sentences() -> list[str]:
    """Everything that the program says in English."""
    return [*SENTENCES["en"].values(), *catalog("en").values(), TOO_OLD["en"]]


def test_what_one_sees_is_what_the_program_says() -> None:
    """Whoever looks a sentence up among the troubles finds it in its very words."""
    rows = page(DOCS / "how-to" / "trouble.md").tables[0].rows
    quoted = [text for row in rows for text in re.findall(r'"([^"]+)"', row["you see"])]
    assert len(quoted) > 5
    said = [re.sub(r"\{\w+\}", "…", sentence) for sentence in _sentences()]
    wanted = {text: re.escape(text.replace("8000", "…")).replace("…", ".+") for text in quoted}
    wrong = [
        text for text, pattern in wanted.items() if not any(re.search(pattern, s) for s in said)
    ]
    assert wrong == []
