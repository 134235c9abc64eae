"""IBANs, payment cards and BICs.

Published test cards and the IBANs of textbooks are not private unless they
are presented as somebody's own (``detectors.owned``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from stdnum import luhn

from services.routing.detectors import Span, before, listed, near, owned, words
from services.routing.gates import Gated

# Lengths of the SWIFT IBAN registry.
_IBAN_LENGTHS = dict(
    pair.split(":")
    for pair in listed(
        "AD:24 AE:23 AL:28 AT:20 AZ:28 BA:20 BE:16 BG:22 BH:22 BI:27 BR:29 BY:28 CH:21 CR:22 "
        "CY:28 CZ:24 DE:22 DJ:27 DK:18 DO:28 EE:20 EG:29 ES:24 FI:18 FK:18 FO:18 FR:27 GB:22 "
        "GE:22 GI:23 GL:18 GR:27 GT:28 HR:21 HU:28 IE:22 IL:23 IQ:23 IS:26 IT:27 JO:30 KW:30 "
        "KZ:20 LB:28 LC:32 LI:21 LT:20 LU:20 LV:21 LY:25 MC:27 MD:24 ME:22 MK:19 MN:20 MR:27 "
        "MT:31 MU:30 NI:28 NL:18 NO:15 OM:23 PK:24 PL:28 PS:29 PT:25 QA:29 RO:24 RS:22 RU:33 "
        "SA:24 SC:31 SD:18 SE:24 SI:19 SK:24 SM:27 SO:23 ST:25 SV:28 TL:23 TN:24 TR:26 UA:29 "
        "VA:22 VG:24 XK:20 YE:30"
    )
)
_IBAN_START = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{2}[ .-]?\d[ ]?\d(?=[ .\-]{0,2}[A-Za-z0-9])")
_IBAN_WORD = words(r"\biban\b|\bkonto(?:nummer|verbindung)?\b|\bbank(?:verbindung)?\b|\baccount\b")
_IBAN_EXAMPLES = frozenset(
    {
        "DE89370400440532013000",
        "DE02120300000000202051",
        "DE75512108001245126199",
        "GB82WEST12345698765432",
        "GB29NWBK60161331926819",
        "GB33BUKB20201555555555",
        "AT611904300234573201",
        "CH9300762011623852957",
        "FR1420041010050500013M02606",
        "FR7630006000011234567890189",
        "NL91ABNA0417164300",
        "BE68539007547034",
        "ES9121000418450200051332",
        "IT60X0542811101000000123456",
        "LI21088100002324013AA",
        "LU280019400644750000",
        "DK5000400440116243",
        "SE4550000000058398257466",
        "NO9386011117947",
        "FI2112345600000785",
        "PL61109010140000071219812874",
        "IE29AIBK93115212345678",
        "PT50000201231234567890154",
    }
)


def ibans(text: str) -> Iterator[Span]:
    """IBANs by country, length and checksum; with a word near also mistyped ones."""
    for match in _IBAN_START.finditer(text):
        country = match[0][:2].upper()
        length = int(_IBAN_LENGTHS.get(country, "0"))
        end, compact = _take(text, match.start(), length)
        if not length or len(compact) != length:
            continue
        if compact in _IBAN_EXAMPLES and not owned(text, match.start(), end):
            continue
        if _mod97(compact) == 1 or (
            sum(map(str.isdigit, compact)) >= 10 and before(_IBAN_WORD, text, match.start(), 40)
        ):
            yield "iban", match.start(), end


def _take(text: str, start: int, length: int) -> tuple[int, str]:
    """Up to ``length`` letters and digits from ``start``, single separators skipped."""
    taken: list[str] = []
    position, gap = start, 0
    while position < len(text) and len(taken) < length:
        char = text[position]
        if char.isascii() and char.isalnum():
            taken.append(char.upper())
            gap = 0
        elif char in " .-\n" and gap < 2:
            gap += 1
        else:
            break
        position += 1
    if position < len(text) and text[position].isalnum():
        return position, ""
    return position, "".join(taken)


def _mod97(compact: str) -> int:
    moved = compact[4:] + compact[:4]
    return int("".join(str(int(char, 36)) for char in moved)) % 97


_GROUPED = re.compile(r"(?<![\w.])\d{3,19}(?:[ .-]{1,2}\d{1,8}){0,7}(?!\w)")
_CARD_WORD = words(
    r"\b(?:cards?|cc|credit|debit|visa|master ?card|maestro|amex|american express|"
    r"diners|discover|jcb|girocard|\w{0,12}karten?(?:nummer)?)\b"
)
_ISSUERS = re.compile(
    r"4|5[0-9]|6|2(?:2[2-9]|[3-6]|7[01]|720|0[0-4])|3(?:4|7|0[0-5]|09|[689]|5)|9792|1800|2131"
)
_SHAPES = frozenset(
    {(4, 4, 4, 4), (4, 6, 5), (4, 6, 4), (4, 4, 4, 4, 3), (4, 4, 4, 1), (4, 4, 4), (8, 8), (6, 10)}
)
# Published by Stripe, PayPal, Adyen, Braintree for their sandboxes.
_CARD_EXAMPLES = listed(
    "4242424242424242 4000056655665556 4000000000000002 4000000000009995 4000002500003155 "
    "4000000000000077 4111111111111111 4012888888881881 4012000033330026 4222222222222 "
    "5555555555554444 5200828282828210 5105105105105100 5454545454545454 2223003122003222 "
    "2223000048400011 378282246310005 371449635398431 378734493671000 6011111111111117 "
    "6011000990139424 30569309025904 38520000023237 3056930009020004 36227206271667 "
    "3530111333300000 3566002020360505 6200000000000005 6304000000000000 5019717010103742"
)


def cards(text: str) -> Iterator[Span]:
    """Payment cards of 12 to 19 digits: issuer prefix, Luhn, grouping.

    12 and 13 bare digits could be anything, and a number that fails Luhn is a
    typing error only if a word announces a card; both need that word.
    """
    for run in _GROUPED.finditer(text):
        groups = [
            (m.start() + run.start(), m.end() + run.start()) for m in re.finditer(r"\d+", run[0])
        ]
        last = -1
        for first in range(len(groups)):
            if groups[first][0] < last:
                continue
            for count in (1, 5, 4, 3, 2):
                chosen = groups[first : first + count]
                if len(chosen) == count and _is_card(text, chosen):
                    last = chosen[-1][1]
                    yield "card", chosen[0][0], last
                    break


_MORE = re.compile(r"[ .-]{1,2}\d")


def _is_card(text: str, groups: list[tuple[int, int]]) -> bool:
    start, end = groups[0][0], groups[-1][1]
    digits = "".join(text[a:b] for a, b in groups)
    if not 12 <= len(digits) <= 19 or not _ISSUERS.match(digits) or len(set(digits)) < 2:
        return False
    if len(groups) > 1 and tuple(b - a for a, b in groups) not in _SHAPES:
        return False
    if len(groups) == 3 and (
        _MORE.match(text, end) or re.search(r"\d[ .-]{1,2}$", text[max(0, start - 3) : start])
    ):
        return False
    if digits in _CARD_EXAMPLES and not owned(text, start, end):
        return False
    announced = near(_CARD_WORD, text, start, end, 50)
    if len(digits) < 14 and not announced and len(groups) == 1:
        return False
    return bool(luhn.is_valid(digits)) or (announced and len(digits) >= 15)


_BIC = re.compile(r"(?<![\w])[A-Z]{4}[A-Z]{2}[A-Z0-9]{2}(?:[A-Z0-9]{3})?(?!\w)")
_BIC_WORD = re.compile(r"\b(?:bic|swift)\b", re.I)
_ACCOUNT = words(
    r"\b(?:account (?:number|no\.?)|konto(?:nummer|nr\.?|-nr\.?)|sort code|routing number|"
    r"bankleitzahl|blz)\b[^\d\n]{0,15}(\d[\d -]{4,16}\d)"
)


_ACCOUNTS = Gated(_ACCOUNT)


def accounts(text: str) -> Iterator[Span]:
    """BICs and account numbers that a word announces."""
    for match in _BIC.finditer(text):
        if before(_BIC_WORD, text, match.start(), 30) and not match[0].isdigit():
            yield "bank_account", match.start(), match.end()
    for match in _ACCOUNTS.finditer(text):
        yield "bank_account", match.start(1), match.end(1)
