"""The page "Rules" as HTML. Pure: rules in, text out."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from services.api.signed_in import own_page
from services.domain import Site
from services.routing.kinds import KINDS
from services.routing.reasons import rule_words
from services.routing.rule_file import Read
from services.routing.rules import LONGEST_VALUE, Condition, Rule
from services.texts import say

_HEAD = '<link rel="stylesheet" href="/public/rules.css">\n'


def rules_page(
    language: str, read: Read, trouble: str | None = None, form: Mapping[str, str] | None = None
) -> str:
    """The whole page; ``trouble`` is why a change failed, ``form`` what it had asked for."""
    text = _Text(language)
    parts = [f"<p>{text('intro')}</p><p>{text('scope')}</p>"]
    for sentence in (trouble, read.sentence(language)):
        if sentence:
            parts.append(f'<p class="trouble" role="alert">{escape(sentence)}</p>')
    rules = read.rules.rules
    if rules:
        rows = [_row(text, rule, number, len(rules), read) for number, rule in enumerate(rules)]
        parts.append(f'<ol class="rows rules">{"".join(rows)}</ol>')
    else:
        parts.append(f'<p class="none">{text("none")}</p>')
    parts.append(_add(text, read.version, form or {}))
    return own_page(language, say("rules.title", language), "".join(parts), _HEAD)


class _Text:
    """Sentences of one language, ready to stand in HTML."""

    def __init__(self, language: str) -> None:
        self.language = language

    def __call__(self, name: str, **values: str) -> str:
        return escape(say(f"rules.{name}", self.language, **values))


def _row(text: _Text, rule: Rule, number: int, count: int, read: Read) -> str:
    words = rule_words(rule.condition.value, rule.value, text.language, cut=False)
    name = text("here" if rule.route is Site.LOCAL else "there", rule=words)
    state = "" if rule.on else f" <span>{text('off')}</span>"
    actions = [("switch", "switch_off" if rule.on else "switch_on"), ("remove", "remove")]
    if number + 1 < count:
        actions.insert(0, ("down", "down"))
    if number > 0:
        actions.insert(0, ("up", "up"))
    buttons = "".join(_button(text, action, label, number) for action, label in actions)
    return (
        f"<li><h2>{name}{state}</h2>"
        f'<form method="post" action="/rules/{number}">'
        f"{_version(read.version)}{buttons}</form></li>"
    )


def _button(text: _Text, action: str, label: str, number: int) -> str:
    spoken = text("action", action=say(f"rules.{label}", text.language), number=str(number + 1))
    return f'<button name="do" value="{action}" aria-label="{spoken}">{text(label)}</button>'


def _version(version: str) -> str:
    return f'<input type="hidden" name="version" value="{escape(version)}">'


def _add(text: _Text, version: str, form: Mapping[str, str]) -> str:
    routes = [(site.value, text(f"route_{site.value}")) for site in Site]
    whats = [
        (Condition.KEYWORD.value, text("keyword")),
        (Condition.PATTERN.value, text("pattern")),
        *(
            (f"{Condition.KIND}:{kind}", text("kind", kind=say(f"kind.{kind}", text.language)))
            for kind in KINDS
        ),
    ]
    return (
        f'<section><h2>{text("add_title")}</h2><form class="add" method="post" action="/rules">'
        f"{_version(version)}"
        f"{_select('route', text('route'), routes, form)}"
        f"{_select('what', text('condition'), whats, form)}"
        f'<label for="value">{text("value")}</label>'
        f'<input id="value" name="value" maxlength="{LONGEST_VALUE}" autocomplete="off" '
        f'aria-describedby="help" value="{escape(form.get("value", ""))}">'
        f'<p id="help">{text("value_help")}</p><button>{text("add")}</button></form></section>'
    )


def _select(name: str, label: str, choices: list[tuple[str, str]], form: Mapping[str, str]) -> str:
    options = "".join(
        f'<option value="{value}"{" selected" if form.get(name) == value else ""}>{shown}</option>'
        for value, shown in choices
    )
    return (
        f'<label for="{name}">{label}</label><select id="{name}" name="{name}">{options}</select>'
    )
