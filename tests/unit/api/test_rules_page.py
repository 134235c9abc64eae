"""The page "Rules" and its addresses."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request

from services.api.rules_routes import MAX_FORM_BYTES, rules_routes
from services.domain import Site
from services.routing.rule_file import RuleFile
from services.routing.rules import Condition, Rule

FIRST = Rule(Site.LOCAL, Condition.KEYWORD, "<Aurora>")
SECOND = Rule(Site.CLOUD, Condition.KIND, "code", on=False)


@pytest.fixture
def file(tmp_path: Path) -> RuleFile:
    """Two rules."""
    rules = RuleFile(tmp_path / "rules.json")
    rules.change("", lambda _: [FIRST, SECOND])
    return rules


@asynccontextmanager
async def visiting(
    file: RuleFile, *, user: str | None = "local", language: str = "en"
) -> AsyncIterator[httpx.AsyncClient]:
    async def user_of(request: Request) -> str | None:
        return user

    app = Starlette(routes=rules_routes(file, user_of))
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app),
        base_url="http://localhost",
        headers={"Accept-Language": language},
    ) as client:
        yield client


async def test_the_page_shows_the_rules_in_order(file: RuleFile) -> None:
    """Each with where, what and its state; a keyword stands there as text."""
    async with visiting(file) as client:
        page = (await client.get("/rules")).text
    assert page.index("&lt;Aurora&gt;") < page.index("“programming”")
    assert "<Aurora>" not in page
    assert page.count("switched off") == 1


async def test_the_page_speaks_german(tmp_path: Path) -> None:
    """Without rules it says so."""
    async with visiting(RuleFile(tmp_path / "none.json"), language="de") as client:
        page = (await client.get("/rules")).text
    assert '<html lang="de"' in page
    assert "Es gibt noch keine Regeln." in page


@pytest.mark.parametrize(
    ("form", "rule"),
    [
        ({"what": "keyword", "value": " tax "}, Rule(Site.CLOUD, Condition.KEYWORD, "tax")),
        ({"what": "pattern", "value": r"\bx\d"}, Rule(Site.CLOUD, Condition.PATTERN, r"\bx\d")),
        ({"what": "kind:data", "value": "?"}, Rule(Site.CLOUD, Condition.KIND, "data")),
    ],
)
async def test_a_rule_is_added_at_the_end(file: RuleFile, form: dict[str, str], rule: Rule) -> None:
    """Then the page is shown anew, so that a reload adds nothing."""
    form = {"route": "cloud", "version": file.current().version, **form}
    async with visiting(file) as client:
        response = await client.post("/rules", data=form)
    assert (response.status_code, response.headers["location"]) == (303, "/rules")
    assert file.current().rules.rules == (FIRST, SECOND, rule)


@pytest.mark.parametrize(
    ("number", "action", "after"),
    [
        (1, "up", (SECOND, FIRST)),
        (0, "down", (SECOND, FIRST)),
        (0, "remove", (SECOND,)),
        (1, "switch", (FIRST, Rule(Site.CLOUD, Condition.KIND, "code"))),
    ],
)
async def test_the_buttons(
    file: RuleFile, number: int, action: str, after: tuple[Rule, ...]
) -> None:
    """Rules move, go, and are switched on and off."""
    form = {"do": action, "version": file.current().version}
    async with visiting(file) as client:
        response = await client.post(f"/rules/{number}", data=form)
    assert response.status_code == 303
    assert file.current().rules.rules == after


@pytest.mark.parametrize(
    ("path", "form", "said"),
    [
        ("/rules", {"route": "cloud", "what": "pattern", "value": "(?=y)"}, "look-ahead"),
        ("/rules", {"route": "cloud", "what": "pattern", "value": "x*"}, "every message"),
        ("/rules", {"route": "moon", "what": "keyword", "value": "x"}, "changed meanwhile"),
        ("/rules", {}, "changed meanwhile"),
        ("/rules", {"value": "x" * MAX_FORM_BYTES}, "changed meanwhile"),
        ("/rules/0", {"do": "up"}, "changed meanwhile"),
        ("/rules/9", {"do": "remove"}, "changed meanwhile"),
    ],
)
async def test_what_cannot_be_done_is_told(
    file: RuleFile, path: str, form: dict[str, str], said: str
) -> None:
    """One sentence above the rules, which are as before; what was typed is kept."""
    form = {"version": file.current().version, **form}
    async with visiting(file) as client:
        response = await client.post(path, data=form)
    assert response.status_code == 422
    assert said in re.findall(r'role="alert">([^<]*)<', response.text)[0]
    assert file.current().rules.rules == (FIRST, SECOND)
    if form.get("what") == "pattern":
        assert f'value="{form["value"]}"' in response.text
        assert '<option value="pattern" selected>' in response.text


async def test_a_change_from_an_old_page_is_refused(file: RuleFile) -> None:
    """The rules may have been reordered in another tab."""
    async with visiting(file) as client:
        response = await client.post("/rules/0", data={"do": "remove", "version": "old"})
    assert response.status_code == 422
    assert file.current().rules.rules == (FIRST, SECOND)


async def test_a_damaged_file_is_told(tmp_path: Path) -> None:
    """The page names the file and what to do."""
    path = tmp_path / "rules.json"
    path.write_text("{")
    async with visiting(RuleFile(path)) as client:
        page = (await client.get("/rules")).text
    assert f"{path} cannot be read as rules" in page


async def test_strangers_see_and_change_nothing(file: RuleFile) -> None:
    """Without signing in, the page leads to the chat and the forms to nothing."""
    form = {"do": "remove", "version": file.current().version}
    async with visiting(file, user=None) as client:
        page = await client.get("/rules")
        posted = [await client.post(path, data=form) for path in ("/rules", "/rules/0")]
    assert (page.status_code, page.headers["location"]) == (303, "/")
    assert [response.status_code for response in posted] == [404, 404]
    assert file.current().rules.rules == (FIRST, SECOND)
