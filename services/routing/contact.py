"""E-mail addresses, phone numbers, network addresses.

Addresses that documents use as examples are nobody's: example.com and the
reserved names of RFC 2606, the networks of RFC 5737 and RFC 3849, the numbers
kept for fiction (US 555-01xx, Ofcom's drama numbers). They count only where
somebody presents them as their own; see ``detectors.owned``.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator

import phonenumbers

from services.routing.detectors import Span, before, near, owned, words
from services.routing.gates import Gated

_LOCAL = re.compile(r"(?<![\w.+%'-])[\w.+%'-]++\s?@\s?(?=\w)")
_DOMAIN = re.compile(r"[\w-]{1,63}(?:\s?\.\s?[\w-]{1,63}){0,6}?\s?\.\s?([A-Za-z]{2,24})(?![\w-])")
_AT = r"(?:\s{0,2}[\[({<]\s?(?:at|ät|@)\s?[\])}>]\s{0,2}|\s(?:at|ät)\s)"
_DOT = r"(?:\s{0,2}[\[({<]\s?(?:dot|punkt|\.)\s?[\])}>]\s{0,2}|\s(?:dot|punkt)\s)"
_SPELLED_TAIL = re.compile(
    rf"{_AT}([\w-]{{1,63}}(?:(?:{_DOT}|\.)[\w-]{{1,63}}){{0,5}}{_DOT}[a-z]{{2,12}})(?!\w)", re.I
)
_BRACKET_TAIL = re.compile(
    r"\s{0,2}[\[({<]\s?(?:at|ät|@)\s?[\])}>]\s{0,2}"
    r"([\w-]{1,63}(?:\.[\w-]{1,63}){0,4}\.[a-z]{2,12})(?!\w)",
    re.I,
)
_SPELLED_LOCAL = re.compile(rf"[\w+.-]{{1,64}}(?:{_DOT}[\w+-]{{1,40}}){{0,3}}$", re.I)
_RESERVED = re.compile(
    r"(?:^|\.)(?:example|test|invalid|localhost|local)$|(?:^|\.)example\.(?:com|org|net|edu)$", re.I
)
_ROLE = re.compile(r"^(?:no-?reply|do-?not-?reply|git)$", re.I)


def emails(text: str) -> Iterator[Span]:
    """E-mail addresses, plain and spelled out ("name at firma punkt de")."""
    for match in _LOCAL.finditer(text):
        domain = _DOMAIN.match(text, match.end())
        if domain is None:
            continue
        start, end = match.start(), domain.end()
        local = match[0].rstrip("@ \t\n").strip("'")
        host = re.sub(r"\s", "", domain[0])
        # git@github.com:owner/repo is an address of a repository.
        if _ROLE.match(local) or ("/" in text[end : end + 1] and ":" in text[end - 1 : end]):
            continue
        if _RESERVED.search(host) and not owned(text, start, end):
            continue
        if re.search(r"://[^\s@/]*:$", text[max(0, start - 80) : start]):
            continue  # the password of a connection string
        yield "email", start, end
    yield from _spelled(text)


_TAILS = (Gated(_SPELLED_TAIL), Gated(_BRACKET_TAIL))


def _spelled(text: str) -> Iterator[Span]:
    for pattern in _TAILS:
        for tail in pattern.finditer(text):
            local = _SPELLED_LOCAL.search(text, max(0, tail.start() - 120), tail.start())
            if local is not None and local.end() == tail.start():
                host = re.sub(rf"{_DOT}", ".", tail[1], flags=re.I)
                if not _RESERVED.search(host) or owned(text, local.start(), tail.end()):
                    yield "email", local.start(), tail.end()


_REGIONS = ("DE", "AT", "CH", "GB", "US", "FR", "IT", "ES", "NL", "BE", "PL", "SE", "DK", "PT")
_PHONE_WORD = words(
    r"\b(?:phone|tele(?:fon|phone)\w*|tel|mobile?|mobil\w*|handy\w*|cell|call(?:ed|ing)?|"
    r"ruf\w*|anruf\w*|erreich\w*|reach|text me|sms|whats?app|signal|fax|durchwahl|nummer|"
    r"answering|contact|office|hotline|ring me|dial|kontakt\w*)\b"
)
_NOT_PHONE_WORD = words(
    r"\b(?:isbn|issn|ean|version|order|bestell\w*|rechnung\w*|invoice|ticket|artikel\w*|"
    r"port|error|fehler|pid|commit|rfc|doi|isin)\b"
)
_BOOK = re.compile(r"\bISBNs?\b", re.I)
_DIGITS = re.compile(
    r"(?<![\w./+:=#-])(?<!\d,)(?:\+|\(\+|\()?\d(?:[ \u00a0().\-/x]{0,3}\d){5,18}(?![\w])(?![.,]\d)"
)
_NANP = re.compile(r"(?:\+?1[ .-]?)?(?:\(\d{3}\)\s?|\d{3}[ .-])\d{3}[ .-]\d{4}(?:x\d{1,6})?$")
_FICTION = re.compile(
    r"555-?\s?01\d\d$|(?:7700\s?900\s?\d{3}|20\s?7946\s?0\d{3}|1632\s?960\s?\d{3})$"
)
_DATE = re.compile(
    r"(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4})(?:[ T]\d{1,2})?"
)
_DIGIT_WORD = (
    r"(?:null|eins|zwei|zwo|drei|vier|fünf|sechs|sieben|acht|neun|"
    r"zero|oh|one|two|three|four|five|six|seven|eight|nine|double|doppel)"
)
_SPOKEN = words(rf"\b{_DIGIT_WORD}(?:[ ,./-]{{1,3}}{_DIGIT_WORD}){{6,20}}\b")


_SAID = Gated(_SPOKEN)
_DECIMAL = re.compile(r"0\.\d{5,}|0 ")


def phones(text: str) -> Iterator[Span]:
    """Phone numbers that a numbering plan knows, or that a word announces."""
    for match in _DIGITS.finditer(text):
        start, end = match.span()
        number = match[0]
        if _is_phone(text, start, end, number):
            yield "phone", start, end
    for match in _SAID.finditer(text):
        said = re.split(r"[ ,./-]+", match[0].lower())
        # "one two three four five six seven" is counting.
        if len(set(said)) > 2 and said[:4] not in (
            ["one", "two", "three", "four"],
            ["eins", "zwei", "drei", "vier"],
        ):
            yield "phone", match.start(), match.end()


def _is_phone(text: str, start: int, end: int, number: str) -> bool:
    digits = re.sub(r"\D", "", number)
    if (
        _DATE.fullmatch(number)
        or _DECIMAL.match(number)
        or before(_NOT_PHONE_WORD, text, start, 24)
        or near(_BOOK, text, start, end)
    ):
        return False
    if _FICTION.search(number) and not owned(text, start, end):
        return False
    announced = before(_PHONE_WORD, text, start, 40) or near(_PHONE_WORD, text, start, end, 16)
    if announced and 6 <= len(digits) <= 16:
        return True
    if number.startswith(("+", "(+", "00")):
        plain = "+" + digits.removeprefix("00")
        return _valid(plain, None)
    if _NANP.match(number):
        return _valid(number, "US")
    # Without a plus or a word near it, only a grouped or trunk-prefixed number
    # of some length can be told from any other figure.
    if digits.startswith("0") and len(digits) >= 9:
        return any(_valid(number, region) for region in _REGIONS)
    return False


def _valid(number: str, region: str | None) -> bool:
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(number, region))
    except phonenumbers.NumberParseException:
        return False


_IPV4 = re.compile(r"(?<![\w.-])(?:\d{1,3}\.){3}\d{1,3}(?![\w-])(?!\.\d)")
_IPV6 = re.compile(r"(?<![\w:.])[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7}(?:%\w{1,16})?(?![\w:])", re.I)
_VERSION = re.compile(
    r"\b(?:version|release|v|ver|build|update|chrome|firefox|safari)\W{0,3}$", re.I
)
_MAC = re.compile(
    r"(?<![\w:.-])[0-9a-f]{2}(?:([:-])[0-9a-f]{2})(?:\1[0-9a-f]{2}){4}(?![\w:-])", re.I
)
_IP_WORD = re.compile(r"\bip\b|address|adresse", re.I)
_MAC_EXAMPLES = frozenset({"00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff", "00:11:22:33:44:55"})


_ADDRESSES = (Gated(_IPV4), Gated(_IPV6))


def networks(text: str) -> Iterator[Span]:
    """Public IP addresses and MAC addresses."""
    for pattern in _ADDRESSES:
        for match in pattern.finditer(text):
            if _is_public(text, match.start(), match[0].split("%")[0]):
                yield "ip_address", match.start(), match.end()
    for match in _MAC.finditer(text):
        if match[0].lower().replace("-", ":") not in _MAC_EXAMPLES:
            yield "mac_address", match.start(), match.end()


_WELL_KNOWN = frozenset({"8.8.8.8", "8.8.4.4", "1.1.1.1", "1.0.0.1", "9.9.9.9", "1.2.3.4"})


def _is_public(text: str, start: int, address: str) -> bool:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    if address in _WELL_KNOWN or _VERSION.search(text[max(0, start - 14) : start]):
        return False
    if isinstance(parsed, ipaddress.IPv6Address):
        # Ratios such as 1:8:28:56:70:56:28:8 parse, too.
        if before(_IP_WORD, text, start, 30):
            return not _reserved(parsed)
        return parsed.is_global and re.search("[a-f]", address, re.I) is not None
    return parsed.is_global


def _reserved(address: ipaddress.IPv6Address) -> bool:
    return (
        address.is_loopback
        or address.is_link_local
        or address.is_unspecified
        or address in ipaddress.ip_network("2001:db8::/32")
    )
