# ruff: noqa: E501 - a pattern on one line is easier to read than a folded one
"""Names of private persons in a personal context.

A name alone makes nothing private: word problems, novels and the news are
full of them. It counts where it is introduced as a person of somebody's life:
"my name is …", a title with a surname, "my colleague Sarah Miller", a label
in a form, a signature.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from services.routing.detectors import Span, listed, words
from services.routing.gates import Gated

_PART = r"[A-ZÄÖÜÀ-Ý][\wäöüßà-ÿ'’-]{1,30}"
_FULL = rf"{_PART}(?: (?:von|van|de|der|zu|di|da|la|el|bin|O')(?= ))?(?: {_PART}){{0,3}}"
_NAME = re.compile(_FULL)
_NAME_ANY_CASE = re.compile(r"[^\W\d_][\w'-]{1,30}(?: [^\W\d_][\w'-]{1,30})?")
_TWO = re.compile(rf"{_PART} (?:(?:von|van|de|der|zu) )?{_PART}")

_SELF = words(
    r"\b(?:my (?:\w{1,12}'s )?(?:full |real |first |last |legal |maiden )?name(?: is|'s|:)|"
    r"mein(?:en)? (?:voller |echter )?(?:vor|nach|mädchen)?namen? (?:ist|lautet|:)|"
    r"ich heiße|heiße ich|(?:everyone|everybody|people|friends) calls? me|call me by|"
    r"i'?m called|i am called|(?:her|his|their) (?:full |maiden |last |first )?name (?:is|was)|"
    r"(?:er|sie) heißt|ihr name ist|sein name ist|nam(?:e|en) lautet|"
    r"name on the (?:account|card) is|"
    r"what'?s (?:the name on the account|your name)\?(?: user:)?|wie heißen sie\?|wie ist ihr name\?)\s+"
)
_LABEL = words(
    r"(?:^|[\n,;|>{\"'(])[ \t>*?-]{0,6}(?:name|full name|vor- und nachname|nachname|vorname|kunde|kundin|client|"
    r"customer|patient(?:in)?|mandant(?:in)?|mieter(?:in)?|tenant|employee|mitarbeiter(?:in)?|"
    r"arbeitnehmer(?:in)?|applicant|bewerber(?:in)?|contact|ansprechpartner(?:in)?|"
    r"kontoinhaber(?:in)?|account holder|cardholder|karteninhaber(?:in)?|student|schüler(?:in)?|"
    r"absender|empfänger|recipient|first ?name|last ?name|first_name|last_name)[\"']?"
    r"[ \t]{0,3}[:=][ \t]{0,6}[\"']?"
)
_RELATION = words(
    r"\b(?:my|our|his|her|mein(?:e[rmns]?)?|unser(?:e[rmns]?)?|sein(?:e[rmn]?)?|ihr(?:e[rmn]?)?) "
    r"(?:\w{1,15} )?(?:colleague|co-?worker|boss|manager|supervisor|friend|neighbou?r|wife|husband|"
    r"partner|girlfriend|boyfriend|fianc[ée]e?|ex(?:-\w{1,12})?|son|daughter|brother|sister|mother|"
    r"father|mom|mum|dad|uncle|aunt|cousin|nephew|niece|grand\w{3,8}|teacher|doctor|lawyer|"
    r"therapist|landlord|landlady|tenant|client|patient|customer|employee|roommate|flatmate|"
    r"student|guardian|kolleg(?:e|en|in)|chef(?:in)?|vorgesetzte[rn]?|freund(?:in)?|nachbar(?:in|n)?|"
    r"frau|mann|ehemann|ehefrau|partner(?:in)?|verlobte[rn]?|sohn|tochter|bruder|schwester|mutter|"
    r"vater|onkel|tante|cousine?|neffe|nichte|oma|opa|lehrer(?:in)?|arzt|ärztin|anwalt|anwältin|"
    r"therapeut(?:in)?|vermieter(?:in)?|mieter(?:in)?|kund(?:e|en|in)|patient(?:in|en)?|mandant(?:in|en)?|"
    r"mitarbeiter(?:in)?|mitbewohner(?:in)?|schüler(?:in)?)(?:'s name)?,? "
    r"(?:is called |is named |called |named |namens |heißt |name(?: is)? )?"
)
_TITLE = re.compile(
    r"\b(?:Frau|Herrn?|Mr|Mrs|Ms|Miss|Mx|Dr|Prof|Fr|Hr)\b\.?,? "
    r"(?:(?:Dr|Prof|med|Dipl|Ing|rer|nat|phil|jur)\b\.?(?:-Ing\.?)? ?){0,4}"
    rf"({_PART}(?:[ -]{_PART}){{0,2}})"
)
_ADDRESSED = words(
    r"(?:^|\n)[ \t>]{0,4}(?:sehr geehrte[rs]?|liebe[rs]?|dear|hallo|hi|hello|hey|guten (?:tag|morgen)|"
    r"good morning) (?:(?:frau|herrn?|mr\.?|mrs\.?|ms\.?|dr\.?) )?"
)
_SIGNED = words(
    r"(?:\b(?:mit freundlichen grüßen|freundliche grüße|viele grüße|liebe grüße|beste grüße|herzliche "
    r"grüße|best regards|kind regards|warm regards|regards|sincerely|yours (?:truly|sincerely|"
    r"faithfully)|cheers|best wishes|lg|vg|mfg))[,!.]?\s{1,4}"
)
_CASE = words(
    r"\b(?:follow up with|meeting with|appointment with|termin (?:mit|bei)|gespräch mit|brief an|"
    r"e-?mail an|mail an|(?:letter|email|mail|message|reply) to|kündigung (?:von|für)|"
    r"arbeitszeugnis für|reference (?:letter )?for|zeugnis für|abmahnung (?:für|an)|beneficiary|guardian|"
    r"on behalf of|im namen von|account of|konto von|fall|case of|under (?:my partner's name )?|"
    r"(?:labor)?befund|arztbrief|entlass(?:ungs)?brief|attest|krankmeldung|lebenslauf|patientenakte|"
    r"personalakte|(?:arbeits|schul)?zeugnis|cv|resume|medical report|discharge letter|sick note|"
    r"patient file|personnel file|school report|"
    r"correct it to|und heißt|who is called|named|namens|i want to add|need to add|vertrag mit|contract with|this is|hier (?:ist|spricht)|"
    r"ich bin|i am|i'm)\s+"
)

# Surnames that a title before them makes a public figure or a character. Names
# that many people bear (King, Wagner, Schröder) are missing on purpose.
PUBLIC = listed(
    "merkel scholz habeck baerbock söder steinmeier adenauer trump biden obama clinton putin "
    "selenskyj zelensky macron musk bezos zuckerberg einstein newton darwin freud hegel nietzsche "
    "goethe kafka brecht shakespeare mozart beethoven euler turing hawking darcy bennet dolittle "
    "who robot frankenstein jekyll hyde evil doom oetker seuss dumbledore snape thatcher starmer "
    "sunak churchill gandhi mandela holle poppins marple spock zhivago strangelove keynes hayek kant "
    "marx lenin stalin napoleon voltaire rousseau descartes socrates sokrates plato platon aristotle "
    "aristoteles"
)
_DOCUMENTATION = re.compile(
    r"^(?:(?:max|erika|maria) mustermann|(?:john|jane) (?:doe|q\.? public)|joe bloggs|mustermann|musterfrau)$",
    re.I,
)
_EXERCISE = words(
    r"\b(?:how (?:many|much|long|far|old|fast)|wie ?viele?|wie (?:lange|weit|alt|schnell|teuer|groß|hoch)|"
    r"calculate|compute|berechne|solve|what is the (?:probability|total|average|price|annual|interest|premium)|prozent|percent|"
    r"which of the following|welche der folgenden|äpfel|apples|novel|roman|film|movie|"
    r"series|character|fiction|figur\w{0,2}|erfinde|invent|comic|story|geschichte über|märchen|gedicht|poem|song|lyrics|album)\b"
    r"|\n\(?[A-J][.)] .{0,2000}\n\(?[B-J][.)] "
)
_NOT_A_NAME = words(
    r"^(?:a|an|the|not|very|so|just|now|here|trying|going|looking|from|in|on|at|your|my|unknown|none|"
    r"str|string|and|or|is|was|has|who|what|that|this|to|of|for|with|it|i|you|we|they|"
    r"sir|madam|damen|herren|team|all|everyone|everybody|zusammen|alle|there|welt|world|hiring|"
    r"ich|nicht|ein|eine|der|die|das|dass|es|sie|er|wir|ihr|zu|wie|was|gleich|will|"
    r"customer|colleagues|friends|parents|members|neighbou?rs|kolleginnen|kollegen|freunde|eltern|mitglieder|nachbarn|kund(?:e|en|in|innen)|gäste|support|assistant|chatgpt|siri|alexa|google|olly|nearside|ai|bot|kitty|"
    r"morning|today|heute|morgen|bitte|please|prof|dr|mr|mrs|ms|frau|herr|kinder|leute)\b"
)


# What announces a name, the name, and whether it does so in an exercise, too.
_CUES = (
    (Gated(_SELF, _NAME_ANY_CASE), _NAME_ANY_CASE, True),
    (Gated(_LABEL, _NAME), _NAME, True),
    (Gated(_RELATION, _NAME), _NAME, False),
    (Gated(_SIGNED, _NAME), _NAME, True),
    (Gated(_ADDRESSED, _NAME), _NAME, False),
    (Gated(_CASE, _TWO), _TWO, False),
)
_TITLES, _EXERCISES = Gated(_TITLE), Gated(_EXERCISE)


def persons(text: str) -> Iterator[Span]:
    """Names of private persons; see the module's docstring for the contexts."""
    exercise = _EXERCISES.search(text) is not None
    for cues, name, always in _CUES:
        if exercise and not always:
            continue
        for cue in cues.finditer(text):
            match = name.match(text, cue.end())
            if match is None or not _is_private(match[0]):
                continue
            if cues.pattern is _CASE and _is_public(match[0]):
                continue
            yield "person", match.start(), match.end()
    if not exercise:
        for match in _TITLES.finditer(text):
            if _is_private(match[1]) and not _is_public(match[1]):
                yield "person", match.start(1), match.end(1)


def _is_private(name: str) -> bool:
    return not _NOT_A_NAME.match(name) and not _DOCUMENTATION.match(name)


def _is_public(name: str) -> bool:
    return name.split()[-1].lower().removesuffix("'s") in PUBLIC
