# ruff: noqa: E501 - a pattern on one line is easier to read than a folded one
"""Numbers that states and health insurers give to people, and dates of birth.

A number with a strong checksum or a shape of its own stands alone; all others
need a word that announces them. Checksums are those of python-stdnum.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from stdnum.be import nn
from stdnum.ch import ssn as ahv
from stdnum.de import idnr
from stdnum.es import dni, nie
from stdnum.fr import nir
from stdnum.it import codicefiscale
from stdnum.us import ssn

from services.routing.detectors import Span, before, regions, words
from services.routing.gates import Gated
from services.routing.names import PUBLIC

_WORDS = words(
    r"\b(?:steuer[- ]?(?:id|identifikations?\w*|identnummer|nummer|nr)|tax (?:id|number)|idnr|"
    r"(?:sozial|renten|kranken)?versicherun\w{0,25}|svnr|sv-?nr\w*|sv-nummer|rvnr|ahv\w{0,8}|"
    r"nhs(?: number)?|ni(?:no)?(?: number)?|national insurance|social security\w*|ssn|"
    r"personal?ausweis\w*|ausweis\w*|identity card|id[- ]?card|passports?|reisepass\w{0,8}|mein pass|"
    r"passnummer|national id\w*|führerschein\w*|driver'?s? licen[cs]e|driving licen[cs]e|"
    r"aufenthaltstitel\w*|bsn|burgerservicenummer|dni|nir|pesel|numero de securite|"
    r"rijksregister\w*|kvnr|versichertennummer|medicare|medicaid|green card|visa number|"
    r"matrikelnummer|patient(?:en)?[- ]?(?:id|number|nummer|nr)|mrn|aktenzeichen|"
    r"sécurité sociale|codice fiscale|personnummer|kennzeichen|licen[cs]e plate)\b"
)

_SHAPED: tuple[tuple[str, re.Pattern[str], Callable[[str], bool]], ...] = (
    (
        "government_id",
        re.compile(r"(?<![\w.-])\d{2}[ ]?\d{3}[ ]?\d{3}[ ]?\d{3}(?![\w-])"),
        idnr.is_valid,
    ),
    (
        "government_id",
        re.compile(r"(?<![\w.-])756[. ]?\d{4}[. ]?\d{4}[. ]?\d{2}(?!\w)"),
        ahv.is_valid,
    ),
    (
        "government_id",
        re.compile(r"(?<![\w])\d{2} ?\d{6} ?[A-Z] ?\d{3}(?!\w)", re.I),
        lambda value: _is_pension_number(value),
    ),
    (
        "government_id",
        re.compile(
            r"(?<!\w)(?!BG|GB|NK|KN|TN|NT|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z](?: ?\d\d){3} ?[A-D](?!\w)",
            re.I,
        ),
        lambda value: not value.upper().startswith("QQ"),
    ),
    ("government_id", re.compile(r"(?<![\w.-])\d{3}-\d{2}-\d{4}(?![\w-])"), ssn.is_valid),
    (
        "government_id",
        re.compile(r"(?<!\w)[A-Z]{6}\d{2}[A-Z]\d{2}[A-Z]\d{3}[A-Z](?!\w)", re.I),
        codicefiscale.is_valid,
    ),
    (
        "government_id",
        re.compile(r"(?<![\w.-])[12] ?\d\d ?\d\d ?\d[\dAB] ?\d{3} ?\d{3} ?\d\d(?!\w)"),
        nir.is_valid,
    ),
    ("government_id", re.compile(r"(?<!\w)\d\d\.\d\d\.\d\d-\d{3}\.\d\d(?!\w)"), nn.is_valid),
    ("government_id", re.compile(r"(?<!\w)(?:\d{8}-?[A-HJ-NP-TV-Z])(?!\w)"), dni.is_valid),
    ("government_id", re.compile(r"(?<!\w)(?:[XYZ]-?\d{7}-?[A-HJ-NP-TV-Z])(?!\w)"), nie.is_valid),
)
_TOKEN = re.compile(
    r"(?<![\w@])(?=[A-Za-z-]{0,8}\d)[A-Za-z0-9][A-Za-z0-9./-]{4,20}[A-Za-z0-9](?!\w)|(?<![\w.,])\d[\d ./-]{4,20}\d(?!\w)"
)
_HEALTH_WORD = words(r"nhs|kranken|versicherten|kvnr|medicare|medicaid|patient|mrn")
_SSN_EXAMPLES = frozenset({"078-05-1120", "219-09-9999", "123-45-6789", "457-55-5462"})


# Five digits close together: no number of these kinds has fewer.
_DENSE = re.compile(r"\d(?:[ ./A-Za-z-]{0,4}\d){4,}")


def numbers(text: str) -> Iterator[Span]:
    """Tax, social security, identity and insurance numbers."""
    for start, end in regions(_DENSE, text, 16, 16):
        yield from _shaped(text, start, end)
        yield from _announced(text, start, end)


def _shaped(text: str, start: int, end: int) -> Iterator[Span]:
    for category, pattern, valid in _SHAPED:
        for match in pattern.finditer(text, start, end):
            if match[0] in _SSN_EXAMPLES and not before(_WORDS, text, match.start(), 40):
                continue
            if valid(match[0]):
                yield category, match.start(), match.end()


def _announced(text: str, start: int, end: int) -> Iterator[Span]:
    for match in _TOKEN.finditer(text, start, end):
        if sum(map(str.isdigit, match[0])) >= 5 and not _is_money_or_year(text, match):
            line = max(text.rfind("\n", 0, match.start()) + 1, match.start() - 60)
            # A word of the line before, as in a form, counts when the number opens its line.
            if not text[line : match.start()].strip(" \t:"):
                line = max(0, match.start() - 40)
            if announced := _last(_WORDS, text[line : match.start()]):
                category = "health_id" if _HEALTH_WORD.search(announced[0]) else "government_id"
                yield category, match.start(), match.end()


def _last(pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    matches = list(pattern.finditer(text))
    return matches[-1] if matches else None


def _is_money_or_year(text: str, match: re.Match[str]) -> bool:
    around = text[max(0, match.start() - 2) : match.start()] + text[match.end() : match.end() + 6]
    return bool(re.search(r"[$€£%]|euro|eur\b|usd|jahr|year", around, re.I))


# Weights and check digit: Deutsche Rentenversicherung, § 4 VKVV.
_PENSION_WEIGHTS = (2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1)


def _is_pension_number(value: str) -> bool:
    compact = re.sub(r"\s", "", value).upper()
    if len(compact) != 12:
        return False
    letter = f"{ord(compact[8]) - 64:02d}"
    digits = compact[:8] + letter + compact[9:11]
    total = sum(
        sum(map(int, str(int(digit) * weight)))
        for digit, weight in zip(digits, _PENSION_WEIGHTS, strict=True)
    )
    return total % 10 == int(compact[11])


_OLDEST = 1910  # year of birth of the oldest people alive
_MONTH = (
    r"(?:jan(?:uary|uar)?|jänner|feb(?:ruary|ruar)?|mar(?:ch)?|märz|apr(?:il)?|may|mai|june?|juni|"
    r"july?|juli|aug(?:ust)?|sep(?:t(?:ember)?)?|o[ck]t(?:ober)?|nov(?:ember)?|de[cz](?:ember)?)"
)
_DATE = (
    rf"(?:\d{{1,2}}[./-] ?\d{{1,2}}[./-] ?\d{{2,4}}|\d{{4}}[./-]\d{{1,2}}[./-]\d{{1,2}}|"
    rf"\d{{1,2}}(?:st|nd|rd|th|\.)? (?:of )?{_MONTH}\.?,? \d{{2,4}}|"
    rf"{_MONTH}\.? \d{{1,2}}(?:st|nd|rd|th)?,? \d{{2,4}})"
)
_BIRTH = words(
    rf"\b(?:geb(?:oren)?|geburts(?:datum|tag)|born|d\.?o\.?b|birth ?(?:date|day)|date of birth)\b"
    rf"[^\n\d]{{0,40}}?({_DATE})"
)
_BORN_BEFORE = words(
    rf"\b(?:ich|wurde|bin|er|sie|i was)\b[^\n\d]{{0,20}}({_DATE})[^\n\d]{{0,30}}\bgeboren\b"
)


_BIRTHS = (Gated(_BIRTH), Gated(_BORN_BEFORE))


def births(text: str) -> Iterator[Span]:
    """Dates of birth: a full date that a word presents as one."""
    for pattern in _BIRTHS:
        for match in pattern.finditer(text):
            if not _is_history(text, match):
                yield "birth_date", match.start(1), match.end(1)


def _is_history(text: str, match: re.Match[str]) -> bool:
    """Whether nobody with this date of birth is alive, or the person is public."""
    year = re.search(r"\d{4}", match[1])
    around = re.findall(r"\w+", text[max(0, match.start() - 40) : match.start()].lower())
    return (year is not None and int(year[0]) < _OLDEST) or not PUBLIC.isdisjoint(around)
