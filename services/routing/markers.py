"""Content that its author marked as confidential.

A marker counts in marker position: alone on a line, before a colon, in
brackets, before a colon inside a quotation, or as a phrase that nobody uses
otherwise. A question about the phrase itself ("what does 'strictly
confidential' mean?") is not marked, and "not confidential" marks nothing;
neither ever lifts another finding.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from services.routing.detectors import Span, before, words
from services.routing.gates import Gated

_WORD = (
    r"(?:streng(?:stens)?[ -](?:vertraulich|geheim)|vertraulich|(?:strictly |company |highly )?"
    r"confidential|top secret|geheim(?:haltung)?|privat|private|persönlich und vertraulich|"
    r"private (?:and|&) confidential|privileged(?: (?:and|&) confidential)?|verschlusssache|"
    r"vs-nfd|nur für den dienstgebrauch|internal|intern|tlp: ?(?:red|amber(?:\+strict)?)|"
    r"do not (?:share|distribute|forward)|nicht weitergeben|nicht weiterleiten|"
    r"firmengeheimnis|geschäftsgeheimnis|betriebsgeheimnis|trade secret)"
)
_POSITION = words(
    rf"(?:^|\n)[ \t]{{0,8}}(?:[*#>_=~|!-]{{1,6}}[ \t]{{0,3}})?[\[(<]?{_WORD}"
    r"(?:[\])>]|[*_=!#~-]{1,6})?[ \t]{0,3}(?:[:!.,;|—–/-]|\n|$)"
)
# Within a line, behind a quotation mark, a colon or a bracket, for the words that
# mean nothing else in code and forms.
_QUOTED = words(
    r"(?<=[:>„“»\"'`(,;|\t])[ \t]{0,3}(?:streng(?:stens)?[ -](?:vertraulich|geheim)|vertraulich|"
    r"(?:strictly |company |highly )?confidential|top secret)[ \t]?:[ \t]?(?=\w)"
)
_BRACKETS = words(rf"[\[(]\s?{_WORD}\s?[\])]")
_LABEL = words(
    r"\b(?:classification|klassifi(?:kation|zierung)|vertraulichkeit(?:sstufe)?|sensitivity|"
    rf"einstufung|status)\s?[:=]\s?{_WORD}"
)
_PHRASE = words(
    r"\b(?:streng(?:stens)? vertraulich|strictly confidential|private (?:and|&) confidential|"
    r"privileged (?:and|&) confidential|attorney[- ]client privilege[d]?|"
    r"nur für (?:den )?(?:internen|dienst)[ -]?gebrauch|nur zum internen gebrauch|"
    r"(?:for )?internal use only|nicht für die öffentlichkeit bestimmt|"
    r"(?:please )?(?:do not|don'?t) (?:share|forward|distribute) (?:this|it|with any(?:one|body))|"
    r"(?:bitte )?nicht weiter(?:geben|leiten|sagen|erzählen)|not for distribution|"
    r"(?:this|the following|that) (?:\w{1,20} ){0,2}(?:is|stays|remains|must stay|must remain) "
    r"(?:strictly |highly |absolutely |completely )?(?:confidential|private|between us|a secret)|"
    r"(?:das|dies|folgendes|es|alles) (?:\w{1,20} ){0,3}"
    r"(?:ist|bleibt|muss|sind) (?:\w{1,20} ){0,2}?(?:vertraulich|privat|geheim|unter uns)|"
    r"(?:keep|treat) (?:this|it|that|the following) (?:as )?(?:strictly )?"
    r"(?:confidential|private|secret|between us|to yourself)|"
    r"vertraulich (?:zu )?behandeln|behandeln? sie (?:das|dies) vertraulich|unter uns gesagt|"
    r"ganz im vertrauen|in strict confidence|between you and me|confidentially speaking)\b"
)
_ABOUT = words(
    r"\b(?:what (?:does|do|is|are)|meaning of|define|definition|difference between|translate|"
    r"was (?:bedeutet|heißt|ist|sind)|bedeutung|unterschied|übersetze?|wie sagt man|"
    r"when should|wann (?:ist|sollte|darf)|synonym\w*)\b[^.!?\n]{0,60}$"
)
_NOT = words(r"\b(?:not|isn'?t|nicht|kein\w{0,2}|no longer|nicht mehr)\s+(?:\w{1,12}\s+)?$")


_MARKED = (*map(Gated, (_POSITION, _QUOTED, _BRACKETS, _LABEL, _PHRASE)),)
_PLACED = {_POSITION, _QUOTED}


def markers(text: str) -> Iterator[Span]:
    """Confidentiality markers."""
    for marked in _MARKED:
        for match in marked.finditer(text):
            start = match.start() + (len(match[0]) - len(match[0].lstrip()))
            end = match.start() + len(match[0].rstrip())
            if before(_NOT, text, start, 30) or _is_denied(match[0]):
                continue
            if (
                _CODE.search(text, start, min(len(text), end + 200))
                and "privat" in match[0].lower()
            ):
                continue
            if marked.pattern not in _PLACED and before(_ABOUT, text, start, 90):
                continue
            yield "marker", start, end


def _is_denied(passage: str) -> bool:
    return bool(_DENIED.search(passage))


# "private:" opens a section of a C++ class.
_CODE = re.compile(r"[;{}]\s*(?:\n|$)|\w\(")
_DENIED = words(r"\b(?:is|ist|bleibt|sind|remains|stays)\s+(?:not|nicht|no longer|kein\w{0,2})\b")
