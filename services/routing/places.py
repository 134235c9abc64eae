# ruff: noqa: E501 - a pattern on one line is easier to read than a folded one
"""Postal addresses: a street with a house number, in German and English form."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from services.routing.detectors import Span, before, regions, words
from services.routing.gates import Gated, plain_text

_NUMBER = r"\d{1,4}(?:\s?[-/]\s?\d{1,4})?\s?[a-z]?(?![\w%€$])(?![.,]\d)"
_CITY = r"(?:,?\s{1,3}(?:[A-Z]{1,2}[- ])?\d{4,5}\s{1,2}[A-ZÄÖÜ][\wäöüß.-]{1,40})?"
# Searched from the house number back to the street: numbers are rarer than words.
_HOUSE_NUMBER = re.compile(rf"(?<=[^\W\d_][ .\xa0]){_NUMBER}{_CITY}")
_STREET_BEFORE = words(
    r"(?<![\w-])(?:[\w.'-]{0,40}(?:straße|strasse|str\.|str|gasse|allee|chaussee|promenade|vej|vägen|gatan|"
    r"veien|straat|laan)|(?:[\w.'-]{2,30} ){1,2}(?:straße|str\.|gasse|allee|platz|weg|ufer|damm))\s{1,2}$"
)
_ROMANCE = re.compile(
    r"\b(?:[Rr]ue|[Vv]ia|[Vv]iale|[Cc]alle|[Aa]venida|[Aa]venue|[Rr]ua|[Pp]iazza|[Pp]laza|[Uu]lica|ul\.)"
    r"(?: (?:de|du|des|la|le|del|della|dei|di|da|do|dos|las|los|el))*(?: [^\W\d_][\w'.-]{1,30}){1,4},? \d{1,4}\b"
    r"|\b\d{1,4}(?: bis)?,? (?:rue|avenue|boulevard|place|via|calle|quai)(?: (?:de|du|des|la|le|del|della))*"
    r" (?:l'|d')?[A-ZÀ-Ý][\w'.-]{2,30}"
)
_BOX = re.compile(
    r"\b(?:P\.? ?O\.? ?Box|Postfach|Postbox|PSC \d{1,4},? Box|Unit \d{1,5} Box)\s?\d[\d ]{1,8}|\b[AFD]PO A[AEP] \d{5}"
)
_WEAK = re.compile(
    rf"(?<![\w-])(?:[A-ZÄÖÜ][\wäöüß-]{{2,30}}(?:weg|platz|ring|damm|ufer|hof|steig|markt|graben|pfad|"
    rf"wall|stieg|berg|feld|park|wiese|kamp|tor|brücke)"
    rf"|(?:Am|An der|An den|Im|In der|In den|Zum|Zur|Unter den|Auf dem|Auf der|Hinter dem|Straße de[rs])"
    rf"(?: [A-ZÄÖÜ\d][\wäöüß.-]{{1,30}}){{1,3}}) {_NUMBER}{_CITY}"
)
_WITH_CITY = re.compile(
    r"(?<!\w)[A-ZÄÖÜ][\wäöüß.-]{2,40}(?: [A-ZÄÖÜ][\wäöüß.-]{2,40}){0,2} \d{1,4}\s?[a-z]?"
    r"(?:,|\n|,\n|, )\s?(?:[A-Z]{1,2}[- ])?\d{4,5} [A-ZÄÖÜ][\wäöüß.-]{1,40}"
)
_CUE = words(
    r"\b(?:wohn\w{0,6}|adress\w{0,6}|anschrift\w{0,3}|address\w{0,2}|lives?|living|reside\w{0,4}|"
    r"located|liefer\w{0,8}|deliver\w{0,5}|ship(?:ped|ping)?|send|sent|zugestellt|hausnummer|"
    r"gemeldet|umgezogen|moved|meet me|home|zuhause|visit|taxi|pick(?:ed)? (?:me|him|her|us) up)\b"
)
_STRONG = (
    r"(?:street|avenue|road|lane|boulevard|blvd|drive|parkway|terrace|crescent|highway|hwy|"
    r"ave|rd|st|ln|dr|ct|pl|sq)"
)
_STREET = words(
    rf"(?<![\w.,$€£-])\d{{1,5}}[a-z]?(?:[-/]\d{{1,4}})?,? {{1,2}}"
    rf"((?:[\w.'-]{{1,25}} ){{1,4}}?)({_STRONG})\b\.?"
)
_SHORT = frozenset({"ave", "rd", "st", "ln", "dr", "ct", "pl", "sq"})
_CAPITALISED = re.compile(
    r"(?<![\w.,$€£-])\d{1,5}[A-Za-z]? (?:(?:[A-Z][\w.'-]{1,25}) ){1,3}"
    r"(?:Way|Close|Place|Court|Square|Circle|Trail|Mews|Row|Walk|Grove|Hill|Quay|Gardens|Park|Road|"
    r"Street|St|Drive|Green|View|Rise|Plaza|Loop|Alley)\b"
)
_STOP = words(
    r"\b(?:the|a|an|in|on|of|per|at|to|from|is|are|was|were|and|or|for|with|people|cars?|miles?|"
    r"meters?|km|minutes?|hours?|days?|years?|by|this|that|your|my|our|have|has|can|do|how|"
    r"what|down|along|across|between|mal|und|der|die|das)\b"
)
_UNIT = re.compile(
    r"\b(?:Apt\.?|Suite|Apartment|Unit|Flat|Wohnung|Whg\.?) ?#?\d{1,4}[A-Za-z]?\b", re.I
)
_AFTER_CUE = words(
    r"\b(?:lives?|living|reside[sd]?|residing|address(?: is| to|es?|:)?|wohn(?:e|t|en|haft)|"
    r"adresse(?: ist| lautet|:)?|anschrift(?: ist| lautet|:)?)"
    r"(?:\s(?:at|in|am|im|an|der|die|den|ist|is))*\s{0,3}:?\s{0,3}"
)
_HOUSE = re.compile(
    r"(?:\d{1,5}[a-zA-Z]? [^\W\d_][\w.'-]{2,30}|[A-ZÄÖÜ][\w.'-]{2,30}(?: [A-ZÄÖÜ][\w.'-]{2,30}){0,2} \d{1,4}[a-z]?)"
    r"(?![\w%])"
)
_POSTCODE = words(
    r"\b(?:plz|postleitzahl|zip(?: code)?|post ?code|postal code)\b[^\d\n]{0,12}"
    r"((?:[A-Z]{1,2}-)?\d{4,5}(?:-\d{4})?|[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2})\b"
)
_UK_POSTCODE = re.compile(r"(?<![\w-])[A-Z]{1,2}\d[A-Z\d]? \d[ABD-HJLNP-UW-Z]{2}(?![\w-])")
_US_TAIL = re.compile(
    r"\b[A-Z][a-z]{2,20}(?: [A-Z][a-z]{2,20}){0,2},? (?:A[KLRZ]|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|K[SY]|LA|"
    r"M[ADEINOST]|N[CDEHJMVY]|O[HKR]|PA|RI|S[CD]|T[NX]|UT|V[AT]|W[AIVY]) \d{5}(?:-\d{4})?\b"
)
# English words that happen to end like a German street.
_NOT_STREET = re.compile(
    r"^(?:Spring|String|Bring|During|Monitoring|Engineering|Scoring|Offering|Hearing|Ordering|"
    r"Frühling|Februar|Vorgang|Vormarkt|Workshop|Supermarkt|Aktienmarkt|Arbeitsmarkt|Bahnhof)\b",
    re.I,
)


_BLOCK = re.compile(r"[^\n]{0,40}(?:\n[^\n]{0,40}){0,3}?(?<![\d-])\d{4,6}(?![\d-]| \d)")


_DIGITS = re.compile(r"\d+")
_GATES = tuple(
    map(
        Gated,
        (
            _HOUSE_NUMBER, _WEAK, _WITH_CITY, _US_TAIL, _CAPITALISED, _ROMANCE,
            _BOX, _STREET, _UNIT, _UK_POSTCODE, _POSTCODE, _AFTER_CUE,
        ),
    )
)  # fmt: skip


def addresses(text: str) -> Iterator[Span]:
    """Streets with house numbers, post boxes, postcodes that a word announces."""
    if _DIGITS.search(text) is None:
        return
    plain = plain_text(text)
    possible = frozenset(gate.pattern for gate in _GATES if gate.may_match(plain))
    for start, end in regions(_DIGITS, text, 140, 140):
        part = _Part(text, start, end, possible)
        yield from _german(part)
        yield from _english(part)
        yield from _units(part)
        yield from _announced(part)


@dataclass(frozen=True, slots=True)
class _Part:
    """``text[start:end]``, in which only the ``possible`` patterns can match."""

    text: str
    start: int
    end: int
    possible: frozenset[re.Pattern[str]]

    def all(self, pattern: re.Pattern[str]) -> Iterator[re.Match[str]]:
        """The matches of ``pattern``."""
        if pattern in self.possible:
            yield from pattern.finditer(self.text, self.start, self.end)


def _german(part: _Part) -> Iterator[Span]:
    text = part.text
    for number in part.all(_HOUSE_NUMBER):
        street = _STREET_BEFORE.search(text, max(0, number.start() - 75), number.start())
        if street is not None:
            yield "address", street.start(), number.end()
    for match in part.all(_WEAK):
        complete = bool(re.search(r"\d{4,5}\s", match[0]))
        if not _NOT_STREET.match(match[0]) and (complete or before(_CUE, text, match.start(), 70)):
            yield "address", match.start(), match.end()


def _english(part: _Part) -> Iterator[Span]:
    for pattern in (_WITH_CITY, _US_TAIL, _CAPITALISED, _ROMANCE, _BOX):
        for match in part.all(pattern):
            yield "address", match.start(), match.end()
    for match in part.all(_STREET):
        short = match[2].lower() in _SHORT
        if not _STOP.search(match[1]) and not (short and match[1].islower()):
            yield "address", match.start(), match.end()


def _units(part: _Part) -> Iterator[Span]:
    """A flat or suite, with the street line before it and the town after it."""
    for match in part.all(_UNIT):
        from_ = max(0, match.start() - 80)
        street = re.search(r"(?<![\w.,])\d{1,5}[a-zA-Z]? \w", part.text[from_ : match.start()])
        if street is not None:
            town = _BLOCK.match(part.text, match.end())
            yield "address", from_ + street.start(), (town or match).end()


def _announced(part: _Part) -> Iterator[Span]:
    for match in part.all(_UK_POSTCODE):
        if before(_CUE, part.text, match.start(), 120):
            yield "address", match.start(), match.end()
    for match in part.all(_POSTCODE):
        yield "address", match.start(1), match.end(1)
    for cue in part.all(_AFTER_CUE):
        house = _HOUSE.match(part.text, cue.end())
        if house is not None and not _STOP.search(house[0]):
            yield "address", house.start(), house.end()
