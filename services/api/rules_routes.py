"""The addresses of the page "Rules"."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from services.api.routes import UserOf
from services.api.rules_page import rules_page
from services.api.signed_in import for_user, not_found, reader_language, to_the_chat
from services.domain import Site
from services.errors import RuleError
from services.routing.rule_file import RuleFile
from services.routing.rules import Condition, Rule

MAX_FORM_BYTES = 16_384
Edit = Callable[[list[Rule]], list[Rule]]


def rules_routes(file: RuleFile, user_of: UserOf) -> list[BaseRoute]:
    """``/rules`` and what its forms post to, for whoever is signed in."""

    async def page(request: Request) -> Response:
        return _html(rules_page(reader_language(request), file.current()))

    async def add(request: Request) -> Response:
        form = await _form(request)
        return change(request, form, lambda rules: [*rules, _rule(form)])

    async def alter(request: Request) -> Response:
        form = await _form(request)
        number = request.path_params["number"]
        return change(request, form, lambda rules: _altered(rules, number, form.get("do", "")))

    def change(request: Request, form: dict[str, str], edit: Edit) -> Response:
        try:
            file.change(form.get("version", ""), edit)
        except RuleError as error:
            language = reader_language(request)
            html = rules_page(language, file.current(), error.sentence(language), form)
            return _html(html, 422)
        return RedirectResponse("/rules", 303)

    return [
        Route("/rules", for_user(page, user_of, to_the_chat), methods=["GET"]),
        Route("/rules", for_user(add, user_of, not_found), methods=["POST"]),
        Route("/rules/{number:int}", for_user(alter, user_of, not_found), methods=["POST"]),
    ]


def _html(html: str, status: int = 200) -> Response:
    return HTMLResponse(html, status, headers={"Cache-Control": "no-store"})


async def _form(request: Request) -> dict[str, str]:
    """The fields of a posted form; of one that is too large or no form, none."""
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > MAX_FORM_BYTES:
            return {}
    return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))


def _rule(form: dict[str, str]) -> Rule:
    """The rule that a form describes.

    Raises:
        RuleError: the form is not that of the page.
    """
    condition, _, kind = form.get("what", "").partition(":")
    try:
        known = Condition(condition)
        value = kind if known is Condition.KIND else form.get("value", "").strip()
        return Rule(Site(form.get("route", "")), known, value)
    except ValueError:
        raise RuleError("error.rules_changed") from None


def _altered(rules: list[Rule], number: int, action: str) -> list[Rule]:
    """The rules after one button of rule ``number`` was pressed.

    Raises:
        RuleError: there is no such rule or button.
    """
    if number >= len(rules):
        raise RuleError("error.rules_changed")
    if action == "remove":
        del rules[number]
    elif action == "switch":
        rules[number] = replace(rules[number], on=not rules[number].on)
    elif action == "up" and number > 0:
        rules[number - 1 : number + 1] = [rules[number], rules[number - 1]]
    elif action == "down" and number + 1 < len(rules):
        rules[number : number + 2] = [rules[number + 1], rules[number]]
    else:
        raise RuleError("error.rules_changed")
    return rules
