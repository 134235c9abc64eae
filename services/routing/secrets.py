"""Keys, tokens, private keys, connection strings and passwords in free text.

Shapes are those that the vendors publish. Keys that documents use as examples
(``…EXAMPLE``, jwt.io's token) and placeholders (``<password>``, ``****``) are
not secrets.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from services.routing.detectors import Span, words
from services.routing.gates import Gated

_VENDORS = re.compile(
    r"(?<![A-Za-z0-9_])(?:"
    r"(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}\b"
    r"|gh[pousr]_[A-Za-z0-9]{30,255}|github_pat_[A-Za-z0-9_]{22,255}"
    r"|gl(?:pat|dt|rt|soat|cbt|ptt)-[\w-]{20,64}"
    r"|sk-(?:proj-|ant-|or-|svcacct-|admin-|live-|test-)?[A-Za-z0-9_-]{20,256}"
    r"|(?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{16,247}|whsec_[A-Za-z0-9+/=]{24,64}"
    r"|xox[abeoprs]-[A-Za-z0-9-]{10,250}|xapp-\d-[A-Za-z0-9-]{10,250}"
    r"|AIza[\w-]{35}|ya29\.[\w-]{20,512}|GOCSPX-[\w-]{28}"
    r"|SG\.[\w-]{16,32}\.[\w-]{16,64}|SK[0-9a-f]{32}\b|AC[0-9a-f]{32}\b|key-[0-9a-f]{32}\b"
    r"|[0-9a-f]{32}-us\d{1,2}\b|npm_[A-Za-z0-9]{36}|pypi-[A-Za-z0-9_-]{50,512}"
    r"|hf_[A-Za-z0-9]{30,40}|gsk_[A-Za-z0-9]{40,64}|r8_[A-Za-z0-9]{30,44}|xai-[A-Za-z0-9]{40,96}"
    r"|pplx-[A-Za-z0-9]{40,64}|nvapi-[\w-]{40,80}|dop_v1_[a-f0-9]{64}|shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}"
    r"|lin_api_[A-Za-z0-9]{32,48}|ATATT3[\w=-]{30,256}|hv[sb]\.[\w-]{20,256}"
    r"|sq0(?:atp|csp)-[\w-]{22,43}|EAACEdEose0cBA[A-Za-z0-9]{10,256}|AGE-SECRET-KEY-1[A-Z0-9]{50,64}"
    r"|\d{8,10}:AA[\w-]{32,34}\b|[MNO][A-Za-z\d]{23,25}\.[\w-]{6}\.[\w-]{27,40}"
    r"|eyJ[A-Za-z0-9_-]{8,4000}\.eyJ[A-Za-z0-9_-]{4,8000}\.?[A-Za-z0-9_-]{0,2000}"
    r")"
)
_HOOKS = re.compile(
    r"https://(?:hooks\.slack\.com/(?:services|workflows)/[\w/]{20,90}"
    r"|discord(?:app)?\.com/api/webhooks/\d{10,25}/[\w-]{40,90})"
)
_AZURE = re.compile(
    r"(?:AccountKey|SharedAccessKey|SharedAccessSignature)=([A-Za-z0-9+/%=]{30,120})"
)
_URL_PASSWORD = re.compile(
    r"(?<![\w+.-])[A-Za-z][A-Za-z0-9+.-]{1,20}://[^\s:/@\"'<>]{0,64}:([^\s@\"'<>]{1,128})@(?=[\w\[])"
)
_ASSIGNED = re.compile(
    r"(?<![A-Za-z])(?:[A-Za-z0-9]{1,20}[_-]){0,4}?(?:api[_-]?key|apikey|secret(?:[_-]?(?:access)?[_-]?key)?|"
    r"access[_-]?(?:key|token)|auth[_-]?token|token|client[_-]?secret|private[_-]?key)"
    r"[\"']?\s{0,3}(?::=|[:=]|=>|is|ist|lautet)\s{0,3}[\"']?([A-Za-z0-9_\-/+=.~!$%&*]{12,256})",
    re.I,
)
_BEARER = re.compile(r"\b(?:Bearer|Basic)\s{1,3}([A-Za-z0-9_\-/+=.~]{16,2048})")
_KEY_BEGIN = re.compile(r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
_KEY_END = re.compile(r"-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")

_EXAMPLE = re.compile(
    r"EXAMPLE|SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c|x{4,}|\*{3,}|\.{4,}"
    r"|your[_-]|_here$|-here$|placeholder|changeme|insert|dummy",
    re.I,
)


_TOKENS = (Gated(_VENDORS), Gated(_HOOKS))
_VALUES = (Gated(_AZURE), Gated(_BEARER), Gated(_ASSIGNED))


def keys(text: str) -> Iterator[Span]:
    """Key-shaped tokens, private key blocks, tokens in assignments and headers."""
    for pattern in _TOKENS:
        for match in pattern.finditer(text):
            if not _EXAMPLE.search(match[0]):
                yield "secret", match.start(), match.end()
    for pattern in _VALUES:
        for match in pattern.finditer(text):
            if not _EXAMPLE.search(match[1]) and _is_random(match[1]):
                yield "secret", match.start(1), match.end(1)
    yield from _private_keys(text)


def _is_random(value: str) -> bool:
    """Letters and digits mixed, or small and capital ones: no word, variable or figure."""
    upper, lower = sum(map(str.isupper, value)), sum(map(str.islower, value))
    # One token of 32 random letters and digits in some 300 holds no digit. Half of
    # its letters are capitals; of a variable's, every fifth or so.
    mixed = len(value) >= 20 and min(upper, lower) >= 0.3 * len(value)
    digits = any(map(str.isdigit, value)) and any(map(str.isalpha, value))
    return (digits or mixed) and "(" not in value and len(set(value)) >= 6


def _private_keys(text: str) -> Iterator[Span]:
    position = 0
    while begin := _KEY_BEGIN.search(text, position):
        end = _KEY_END.search(text, begin.end())
        stop = end.end() if end else len(text)
        body = text[begin.end() : end.start() if end else len(text)].strip()
        if len(body) >= 40 and not body.startswith("..."):
            yield "secret", begin.start(), stop
        position = stop


_NAME = (
    r"(?:pass ?(?:phrase|code|wd)|p[a4@][s5$]{2} ?w[o0]rd|passwort|kennwort|zugangscode|"
    r"geheimzahl|pwd|pw|"
    r"(?:super-?)?pin(?:[ -]?(?:code|nummer|number))?|puk|tan|cvv|cvc|security code|kryptowort|"
    r"seed phrase|recovery phrase|one[- ]time code|otp|2fa[- ]code|verification code|"
    r"\w{1,20}(?:passwort|kennwort|password|pin))"
)
_FREE = words(
    rf"(?<![\w$<{{%])(?:\w{{1,30}}[_-])?{_NAME}(?![\w(])[\"']?"
    r"(?P<what>(?:\s{1,2}[\w-]{1,24}){0,4}?)"
    r"\s{0,3}(?P<link>=>|:=|[:=]|(?<=\s)(?:is|ist|lautet|lautete|war|was|heißt|are|sind|now|jetzt)"
    r"(?:\s(?:now|still|jetzt|immer noch|noch|aktuell|currently|set to|always))?\s?:?)"
    r"\s{0,3}(?P<quote>[\"'`]?)(?P<value>[^\s\"'`,;<>]{3,128})"
)
# "log in with the password Tr0ub4dor&3": no link, but nothing else looks like this.
_BARE = words(
    r"\b(?:password|passwort|kennwort|passphrase|pin|pwd)\s{1,2}[\"'`]?"
    r"(?P<value>(?=[^\s\"'`]{0,40}\d)(?=[^\s\"'`]{0,40}[a-z])[^\s\"'`,;<>]{6,64})"
)
_MINE = words(r"\b(?:my|our|mein\w{0,2}|unser\w{0,2}|his|her|their|dein\w{0,2}|the|das|die|der)\b")
_NO_VALUE = words(
    r"^(?:not|never|no|too|very|a|an|the|in|on|at|to|my|your|our|required|mandatory|optional|"
    r"wrong|incorrect|correct|invalid|valid|weak|strong|expired|lost|forgotten|safe|secure|unsafe|"
    r"compromised|stolen|leaked|known|unknown|empty|missing|reset|changed|blocked|locked|case|"
    r"stored|saved|hashed|encrypted|used|needed|important|different|protected|sent|being|always|"
    r"good|bad|better|best|long|short|hard|easy|enough|simple|what|how|why|when|where|which|who|"
    r"str|string|int|bool|none|null|nil|undefined|true|false|optional\W.*|secretstr|varchar\W?.*|"
    r"text|char\W?.*|input|getpass|os\..*|process\..*|env\W.*|self\..*|this\..*|req\..*|"
    r"request\..*|form\..*|config\W.*|settings\W.*|hash\w*|password|passwort|pass|passwd|pwd|"
    r"secret|hidden|redacted|n/a|tbd|todo|"
    r"nicht|nie|kein\w*|zu|sehr|falsch|richtig|ungültig|gültig|schwach|stark|abgelaufen|weg|"
    r"vergessen|verloren|sicher|unsicher|wichtig|nötig|notwendig|leer|bekannt|gesperrt|geändert|"
    r"was|wie|warum|wann|wo|welche\w*|wer|ein|eine|einen|der|die|das|mindestens|erforderlich|"
    r"gespeichert|gehackt|gestohlen|geleakt|gut|schlecht|lang|kurz|wohl|eigentlich|genau|"
    r"and|or|und|oder|if|wenn|that|dass|it|es|ich|i|you|sie|we|wir|for|für|so|also|auch|"
    r"gone|acting|working|there|here|hier|da|about|over|under|both|all|some|any|please|bitte)$"
)
_PLACEHOLDER = re.compile(
    r"^[*•x.#_?-]{3,}$|^[\[{(<$%]|\$\{|%\w+%|^your|^dein|^ihr|^my_?pass|example_|changeme", re.I
)


_IN_URL, _SAID, _SHOWN = Gated(_URL_PASSWORD), Gated(_FREE), Gated(_BARE)


def passwords(text: str) -> Iterator[Span]:
    """Passwords, PINs and codes said in free text or assigned, and those in URLs."""
    for match in _IN_URL.finditer(text):
        value = match[1]
        if not _PLACEHOLDER.search(value) and not _NO_VALUE.match(value):
            yield "password", match.start(1), match.end(1)
    for match in _SAID.finditer(text):
        value = match["value"].rstrip(".!?)]}")
        if len(value) >= 3 and _is_password(text, match, value):
            start = match.start("value")
            yield "password", start, start + len(value)
    yield from _bare_passwords(text)


def _bare_passwords(text: str) -> Iterator[Span]:
    for match in _SHOWN.finditer(text):
        value = match["value"].rstrip(".!?)]}")
        if len(value) >= 6 and "(" not in value and not _PLACEHOLDER.search(value):
            yield "password", match.start("value"), match.start("value") + len(value)


def _is_password(text: str, match: re.Match[str], value: str) -> bool:
    if _PLACEHOLDER.search(value) or _NO_VALUE.match(value):
        return False
    if not match["quote"] and re.search(r"[\w\])]\(|\(\)|^\w+\.\w+[.(]", match["value"]):
        return False  # a call in program text
    telling = any(map(str.isdigit, value)) or bool(re.search(r"[^\w'-]", value)) or match["quote"]
    mine = _MINE.search(text, max(0, match.start() - 25), match.end("what"))
    if match["link"][0] in ":=" and not match["what"]:
        # "a strong password: length or complexity?" goes on, a password stands alone.
        opens = not text[text.rfind("\n", 0, match.start()) + 1 : match.start()].strip(" \t\"'-*")
        ends = not re.match(r"[\"'.!]?\s{1,3}\w", text[match.end() : match.end() + 5])
        return bool(telling or mine or opens or ends)
    return bool(telling or (mine and not match["what"].strip()))
