"""The corpus is complete, its held-out part apart, and what it says of the app is true."""

from __future__ import annotations

import itertools
import random
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from launcher.commands import COMMANDS as COMMANDS_OF_RUN
from services import endpoints, settings
from services.routing.privacy import PrivacyDetector
from training.families import (
    APP_FILES,
    FRAMES,
    LANGUAGES,
    Intent,
    answers,
    app_intents,
    pairs,
    read,
    slots,
)

ROOT = Path(__file__).parents[3]
EVERY = (*app_intents(), *read("smalltalk"), *read("topics"))

COMMANDS = {
    "python run.py",
    "python run.py test",
    "python run.py desktop",
    "python run.py models",
    "python run.py models download phi-4-mini",
    "python run.py calibrate",
    "python run.py --port 8080",
    "python run.py --host",
    "python run.py --headless",
    "chainlit run app.py",
    "python -m training.build",
    "--host",
}
"""The commands of the README, and the one that makes the model."""

PATHS = {"/api/health", "/v1/route", "/v1/chat/completions", "/v1/models", "/metrics", "/v1"}
HEADERS = {"X-Nearside-Route", "X-Nearside-Reason"}
FOREIGN_NAMES = {
    "OPENAI_API_KEY",
    "OPENAI_BASE_URL",
    "AZURE_OPENAI_ENDPOINT",
    "AZURE_OPENAI_API_KEY",
    "LLMAAS_API_KEY",
    "API_URL",
}
"""Names of other vendors that the settings honour."""


def spoken() -> list[str]:
    """Everything that the guide may say."""
    texts = [text for intent in EVERY for text in answers(intent).values()]
    texts += [text for _, text in pairs("reasons")]
    texts += [
        intent.values[language]
        for intent in read("followups")
        for language in LANGUAGES
        if language in intent.values
    ]
    return texts


def phrasings(pattern: str) -> Iterator[str]:
    """Every way to say one family's pattern, slots unfilled."""
    parts = re.split(r"(\([^()]*\))", pattern)
    choices = [part[1:-1].split("|") if part.startswith("(") else [part] for part in parts]
    for chosen in itertools.product(*choices):
        yield " ".join("".join(chosen).lower().split())


def test_there_are_two_hundred_intents_about_the_app() -> None:
    """At least 200 different intents about the app, each named once."""
    names = [intent.name for intent in app_intents()]
    assert len(names) == len(set(names)) >= 200


@pytest.mark.parametrize("intent", EVERY, ids=lambda intent: f"{intent.file}/{intent.name}")
def test_an_intent_speaks_both_languages(intent: Intent) -> None:
    """Each intent has an answer in English and German, and two ways to ask in each."""
    for language in LANGUAGES:
        assert answers(intent)[language].strip()
        ways = {text for f in intent.of(language, held_out=False) for text in phrasings(f.pattern)}
        assert len(ways) >= 2


def test_every_app_intent_has_several_families() -> None:
    """Each app intent has two families to train on and one held out, per language."""
    short = [
        (intent.name, language)
        for intent in app_intents()
        for language in LANGUAGES
        if len(intent.of(language, held_out=False)) < 2 or not intent.of(language, held_out=True)
    ]
    assert short == []


def test_held_out_prompts_are_never_trained_on() -> None:
    """No held-out phrasing, with any frame, equals one that is trained on."""
    trained: set[str] = set()
    held: set[str] = set()
    for intent in (*EVERY, *read("followups")):
        for family in intent.families:
            frames = FRAMES.get(family.kind, ("{}",))
            texts = {f.format(t).lower() for t in phrasings(family.pattern) for f in frames}
            (held if family.held_out else trained).update(texts)
    assert held & trained == set()


def test_no_phrasing_asks_for_two_things() -> None:
    """A phrasing belongs to one intent only, so that its right answer is certain."""
    owner: dict[str, str] = {}
    twice = []
    for intent in EVERY:
        for family in intent.families:
            for text in phrasings(family.pattern):
                for frame in FRAMES.get(family.kind, ("{}",)):
                    asked = frame.format(text).lower()
                    if owner.setdefault(asked, intent.name) != intent.name:
                        twice.append((asked, owner[asked], intent.name))
    assert twice == []


def test_there_are_enough_held_out_prompts_in_both_languages() -> None:
    """At least 400 held-out prompts of our own, half of them German."""
    held = [family for intent in EVERY for family in intent.families if family.held_out]
    german = sum(family.language == "de" for family in held)
    assert len(held) >= 400
    assert abs(2 * german - len(held)) <= 0.1 * len(held)


def test_slots_are_known() -> None:
    """Every {slot} in a phrasing has words to fill it, and every family can be drawn."""
    rng = random.Random(0)
    for intent in (*EVERY, *read("followups")):
        for family in intent.families:
            drawn = family.sample(rng)
            assert drawn
            assert not set(re.findall(r"\{(\w+)\}", drawn)) & set(slots())
            assert "(" not in drawn.replace("():", "").replace("(x)", "")


def test_named_settings_exist() -> None:
    """Every setting that an answer names is one that the app reads."""
    named = {name for text in spoken() for name in re.findall(r"\b[A-Z]+(?:_[A-Z]+)+\b", text)}
    listed = answers(next(i for i in app_intents() if i.name == "all_settings"))["en"]
    bare = set(re.findall(r"\b[A-Z]{4,}(?:_[A-Z]+)*\b|\b[A-Z]+(?:_[A-Z]+)+\b", listed))
    assert {f"NEARSIDE_{name}" for name in bare if not name.startswith("NEARSIDE")} == set(
        settings.NAMES
    )
    assert named - bare - FOREIGN_NAMES - {"NEARSIDE_CLOUD", "PERSON_"} <= set(settings.NAMES)


def test_foreign_names_are_honoured() -> None:
    """The other vendors' names that answers mention are read by the settings."""
    source = Path(endpoints.__file__).read_text("utf-8")
    assert [name for name in FOREIGN_NAMES if f'"{name}"' not in source] == []


def test_every_setting_is_explained() -> None:
    """Each setting of the app can be asked for by its name."""
    asked = " ".join(f.pattern for i in app_intents() for f in i.families if not f.held_out)
    assert [name for name in settings.NAMES if name not in asked] == []


def test_named_commands_exist() -> None:
    """What stands in backticks is a documented command, or a folder that is there."""
    named = {command for text in spoken() for command in re.findall(r"`([^`]+)`", text)}
    assert {name for name in named if not (ROOT / name).is_dir()} <= COMMANDS
    assert {command for command in named if "run.py" in command}


def test_named_subcommands_exist() -> None:
    """Every word after ``python run.py`` in an answer is a command of the launcher."""
    named = {word for text in spoken() for word in re.findall(r"`python run\.py (\w+)", text)}
    assert named <= {command.name for command in COMMANDS_OF_RUN}


def test_named_paths_exist() -> None:
    """Every HTTP path and header in an answer belongs to the documented interface."""
    paths = {p for text in spoken() for p in re.findall(r"(?<![\w:/.])/[a-z][\w/]*", text)}
    headers = {header for text in spoken() for header in re.findall(r"X-Nearside-\w+", text)}
    assert paths <= PATHS
    assert headers <= HEADERS


def test_named_defaults_are_the_real_ones(tmp_path: Path) -> None:
    """Defaults that answers give are those of the settings."""
    plain = settings.load_settings({}, tmp_path / "none")
    said = {intent.name: answers(intent)["en"] for intent in app_intents()}
    assert str(plain.cloud_share) in said["cloud_share"]
    assert plain.private_policy.value in said["policy_local"]
    assert plain.local_model in said["switch_model"]
    assert endpoints.DEFAULT_CLOUD_MODEL in said["cloud_model"]
    assert endpoints.AZURE_API_VERSION in said["api_version"]
    assert endpoints.LLMAAS_URL in said["llmaas"]


def test_answers_are_short() -> None:
    """An answer is a few sentences, not a page; the list of settings may be longer."""
    assert [text for text in spoken() if len(text) > 420] == []


def test_answers_are_not_taken_for_private() -> None:
    """They are checked like the rest of a conversation; hardly one may hold it back."""
    detector = PrivacyDetector()
    said = spoken()
    assert sum(bool(detector.find(text)) for text in said) <= 0.01 * len(said)


def test_corpus_files_are_all_read() -> None:
    """No corpus file lies about unread."""
    known = {
        *APP_FILES,
        "smalltalk",
        "topics",
        "followups",
        "slots",
        "handover",
        "reasons",
        "heldout",
        "synonyms",
    }
    assert {path.stem for path in (ROOT / "training/corpus").glob("*.txt")} == known | {"system"}
