# ruff: noqa: E501 - a pattern on one line is easier to read than a folded one
"""Short turns that only make sense with the turns before them."""

from __future__ import annotations

from services.routing.detectors import words

LONGEST = 14
"""Words up to which a turn may be a follow-up."""

_VERY_SHORT = 4  # words; nothing that stands alone is said in fewer, save "hi"

_OPENS = words(
    r"^\W*(?:and|und|but|aber|or|oder|so|also|then|dann|now|jetzt|nun|what about|how about|was ist mit|"
    r"wie (?:sieht|steht) es mit|why|warum|wieso|weshalb|really|wirklich|more|mehr|again|nochmals?|noch (?:ein)?mal|"
    r"shorter|kürzer|longer|länger|simpler|einfacher|continue|go on|weiter|mach weiter|ok(?:ay)?|yes|ja|no|nein|"
    r"thanks?|danke|please|bitte|in (?:english|german|french|spanish)|auf (?:deutsch|englisch|französisch|spanisch)|"
    r"anything else|sonst noch|which one|welche[sr]?|is (?:that|this|it)|ist das|can you|could you|kannst du|"
    r"können sie|what (?:should|can|do|would) (?:i|we)|was (?:soll|kann|mache|muss|würde)|should i|soll(?:te)? ich)\b"
)
_POINTS_BACK = words(
    r"\b(?:that|this|these|those|it|its|they|them|he|him|his|she|her|the (?:above|last|first|second|previous|same|"
    r"answer|text|code|result)|above|instead|too|else|"
    r"das|dies\w{0,2}|es|ihn|ihm|ihr|sie|er|davon|dazu|damit|daran|dafür|darüber|dabei|deshalb|"
    r"obige[nrs]?|vorherige[nrs]?|letzte[nrs]?|stattdessen|auch|my|mein\w{0,2}|me|mir|mich|i|ich)\b"
)


def is_follow_up(text: str) -> bool:
    """Whether ``text`` is short and opens or points back like a follow-up."""
    count = len(text.split(None, LONGEST + 1))
    if count > LONGEST:
        return False
    return count <= _VERY_SHORT or bool(_OPENS.match(text) or _POINTS_BACK.search(text))
