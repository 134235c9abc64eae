"""The reasons of a decision: their codes, and their sentences.

Code and values are stable; values hold category words, counts, rules and names of
attached files, never text of a prompt. The first reason of a decision is the decisive one.

=======================  ==========  ===========================================
code                     values      meaning
=======================  ==========  ===========================================
private_stays            categories  the newest turn is private; ``file``: in that
                                     attached file, once for each such file
follow_up_private                    it only makes sense with private turns
check_failed                         the privacy check broke: counts as private
check_too_slow                       it took too long: counts as private
private_refused                      private, and no local model can answer
ask_first                            stays, but the person may release it
consent                              private, and the person agreed to send it
redacted                 categories  goes to the cloud with these replaced
not_replaceable          categories  cannot be replaced, so the turn stays
redaction_failed                     replacing did not remove everything
earlier_left_out         count       earlier private turns do not travel
mode_local, mode_cloud               the person's choice
rule_local, rule_cloud   when, value a rule of the person's decided
kind                     kind        what kind of task it looks like
simple                               the local model should do
complex                              the cloud's model answers this better
score_failed                         complexity unknown: stays
second_look                          a close call: the local model begins
second_look_cloud                    it began and was unsure
shortened                            the newest turn lost its middle: too long
local_unavailable                    no local model is ready: the cloud answers
no_local_model                       not private, but nothing can answer it
no_cloud                             would have gone, no cloud is configured
budget_used_up                       would have gone, the month's money is spent
cloud_blocked                        would have gone, the cloud is closed
switched_off             categories  found, but the person switched these off
=======================  ==========  ===========================================
"""

from __future__ import annotations

from collections.abc import Iterable
from types import MappingProxyType

from services.attachment import FileSpan
from services.domain import Finding, Message, Reason
from services.texts import catalog, say

LONGEST_SHOWN = 40
"""Characters of a rule's keyword or pattern that its sentence quotes."""

BLOCKED = frozenset({"budget_used_up"})
"""Codes of ``RouteRequest.cloud_blocked`` that have a sentence of their own."""


def reason(code: str, **values: str) -> Reason:
    """A reason with frozen values."""
    return Reason(code, MappingProxyType(values))


def about(code: str, findings: Iterable[Finding]) -> Reason:
    """A reason that names the categories of ``findings``, each once, in order."""
    categories = dict.fromkeys(finding.category for finding in findings)
    return reason(code, categories=",".join(categories))


def about_turn(code: str, findings: Iterable[Finding], turn: Message) -> list[Reason]:
    """Reasons about findings in one turn: its own words first, then each file by name."""
    places: dict[FileSpan | None, list[Finding]] = {None: [], **{f: [] for f in turn.files}}
    for finding in findings:
        home = (span for span in turn.files if span.start <= finding.start < span.end)
        places[next(home, None)].append(finding)
    reasons = []
    for span, found in places.items():
        if found:
            told = about(code, found)
            reasons.append(reason(code, **told.values, file=span.name) if span else told)
    return reasons


def explain(reason: Reason, language: str) -> str:
    """The sentence of a reason, categories, kinds and rules by their lay names."""
    place = "_file" if "file" in reason.values else ""
    return say(f"reason.{reason.code}{place}", language, **_worded(reason, language))


def short(reason: Reason, language: str) -> str | None:
    """A few words on a reason, where there are any."""
    if f"short.{reason.code}" not in catalog(language):
        return None
    return say(f"short.{reason.code}", language, **_worded(reason, language))


def rule_words(condition: str, value: str, language: str, *, cut: bool = True) -> str:
    """What a rule is about, as the subject of a sentence; a long value may be ``cut``."""
    if condition == "kind":
        value = say(f"kind.{value}", language)
    if cut and len(value) > LONGEST_SHOWN:
        value = value[: LONGEST_SHOWN - 1] + "…"
    return say(f"rules.what_{condition}", language, value=value)


def _worded(reason: Reason, language: str) -> dict[str, str]:
    values = dict(reason.values)
    if {"when", "value"} <= values.keys():
        values["rule"] = rule_words(values["when"], values["value"], language)
    if "kind" in values:
        values["kind"] = say(f"kind.{values['kind']}", language)
    if "categories" in values:
        names = [say(f"category.{word}", language) for word in values["categories"].split(",")]
        values["categories"] = ", ".join(names)
    return values
