"""Prompts with what they are, for the measurements of the privacy check."""

from __future__ import annotations

import csv
import gzip
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from services.categories import IDENTIFIERS, SECRETS
from tests.canaries import PRIVATE

HELDOUT = Path(__file__).parent / "heldout"
_DRAWS = 40  # values for each kind of identifier and language


@dataclass(frozen=True, slots=True)
class Prompt:
    """One prompt; ``section`` is a category, or the kind of harmless text.

    ``category`` is what must be found in it, where one is known.
    """

    text: str
    section: str
    private: bool
    language: str
    category: str | None = None


def heldout() -> list[Prompt]:
    """The prompts of ``heldout/*.txt``."""
    found = []
    for path in sorted(HELDOUT.glob("*.txt")):
        section = ""
        for line in path.read_text("utf-8").splitlines():
            if line.startswith("["):
                section = line.strip("[]")
            elif line and not line.startswith("# "):
                private = section.islower()
                category = section if private else None
                found.append(Prompt(line, section.lower(), private, path.stem, category))
    return found


# Sentences around identifiers: {} is the value. Those of the canary tests are others.
_AROUND = {
    "en": (
        "please update my details, it's {} now",
        "can you check whether {} looks right to you?",
        "{}\n\nis that enough for the form?",
        "they asked me for it and I sent {} by mistake",
        "name,value\nrow1,{}",
    ),
    "de": (
        "bitte ändere meine Daten, es ist jetzt {}",
        "kannst du prüfen, ob {} so stimmt?",
        "{}\n\nreicht das für das Formular?",
        "die wollten das wissen und ich habe aus Versehen {} geschickt",
        "Name;Wert\nZeile1;{}",
    ),
}
# Kinds whose value says by itself what it is; the others keep the words that announce them.
_ALONE = frozenset({"email", "iban", "card", "mac_address"})


def identifiers() -> list[Prompt]:
    """Made-up identifiers and secrets in sentences, English and German."""
    chance = random.Random(23)
    kinds = [kind for kind in (*IDENTIFIERS, *SECRETS) if kind not in {"person", "address"}]
    return [
        Prompt(_identified(kind, language, chance), "identifiers", True, language, kind)
        for kind in kinds
        for language in ("en", "de")
        for _ in range(_DRAWS)
    ]


def _identified(kind: str, language: str, chance: random.Random) -> str:
    make, sentences = PRIVATE[kind]
    value = make(chance)
    if kind == "email":
        value += chance.choice(("@gmail.com", "@posteo.de", "@t-online.de", "@outlook.com"))
    elif kind not in _ALONE:
        value = chance.choice(sentences).format(value)
    return chance.choice(_AROUND[language]).format(value)


def public(data: Path) -> list[Prompt]:
    """Prompts of the public collections that the training kept apart."""
    found = list(_presidio(data)) + list(_germeval(data)) + list(_pupa(data))
    for read in (_clinc, _massive, _exams):
        rows = list(read(data))
        found += random.Random(5).sample(rows, min(2000, len(rows)))
    return found


def _presidio(data: Path) -> Iterator[Prompt]:
    path = data / "privacy/presidio_research_generated_large.json"
    names = {"PERSON": "presidio name", "ADDRESS": "presidio addr."}
    for row in json.loads(path.read_text("utf-8")):
        if int(row["template_id"]) % 2:
            for kind in sorted({span["entity_type"] for span in row["spans"]} & names.keys()):
                yield Prompt(row["full_text"], names[kind], True, "en")


def _germeval(data: Path) -> Iterator[Prompt]:
    words: list[str] = []
    named = False
    for line in (data / "privacy/germeval14_b.tsv").read_text("utf-8").splitlines():
        parts = line.split("\t")
        if len(parts) >= 3 and parts[0].isdigit():
            words.append(parts[1])
            named = named or parts[2] == "B-PER"
        elif words and not line.strip():
            if named:
                yield Prompt(" ".join(words), "germeval name", True, "de")
            words, named = [], False


def _pupa(data: Path) -> Iterator[Prompt]:
    with (data / "privacy/pupa_tnb.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            yield Prompt(row["user_query"], "pupa", True, "en")


def _apart(number: int) -> bool:
    """Whether the training kept the intent or subject of this number apart."""
    return number % 5 == 1


def _clinc(data: Path) -> Iterator[Prompt]:
    parts = json.loads((data / "intents/clinc150.json").read_text("utf-8"))
    intents = sorted({intent for part in parts.values() for _, intent in part})
    for name in sorted(parts):
        for text, intent in parts[name]:
            if _apart(intents.index(intent)):
                yield Prompt(text, "clinc150", False, "en")


def _massive(data: Path) -> Iterator[Prompt]:
    for part in ("train", "dev", "test"):
        path = data / f"intents/massive_de_{part}.tsv"
        for line in path.read_text("utf-8").splitlines():
            text, intent = line.rsplit("\t", 1)
            if _apart(int(intent)):
                yield Prompt(text, "massive", False, "de")


def _exams(data: Path) -> Iterator[Prompt]:
    for name, label in (("mmlu_pro", "category"), ("math_l5", "id")):
        path = data / f"routing/{name}_outcomes.csv.gz"
        with gzip.open(path, "rt", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        groups = sorted({row[label] for row in rows})
        for row in rows:
            if _apart(groups.index(row[label])):
                yield Prompt(row["prompt"], "exams", False, "en")
