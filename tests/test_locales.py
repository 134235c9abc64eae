"""Every sentence exists in both languages and every key in the code exists."""

from __future__ import annotations

import ast
import inspect
import json
import re
from collections import Counter
from collections.abc import Iterator
from string import Formatter

import pytest

from launcher.sentences import SENTENCES
from services import errors
from services.errors import NearsideError
from services.texts import LANGUAGES, catalog
from tests import source

LOCALES = source.ROOT / "services" / "locales"
KEY = re.compile(r"[a-z]+(\.[A-Za-z][A-Za-z0-9_-]*)+")
NOT_KEYS = frozenset({"chat.completion", "chat.completion.chunk", "rules.json"})
"""Names of OpenAI's and of a file, which look like keys."""

ERRORS = {
    name: kind
    for name, kind in vars(errors).items()
    if inspect.isclass(kind) and issubclass(kind, NearsideError)
}


def _placeholders(sentence: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(sentence) if name is not None}


def _topics(language: str) -> dict[str, dict[str, str]]:
    return {
        path.name: json.loads(path.read_text("utf-8"))
        for path in sorted((LOCALES / language).glob("*.json"))
    }


def test_both_languages_have_the_same_topics_and_keys() -> None:
    """No reader meets a sentence that is missing in their language."""
    english, german = _topics("en"), _topics("de")
    assert english.keys() == german.keys()
    assert {topic: sorted(keys) for topic, keys in english.items()} == {
        topic: sorted(keys) for topic, keys in german.items()
    }


def test_both_languages_fill_in_the_same_values() -> None:
    """A translation neither drops a value nor asks for one that nobody gives."""
    german = catalog("de")
    wrong = [
        key
        for key, sentence in catalog("en").items()
        if key in german and _placeholders(sentence) != _placeholders(german[key])
    ]
    assert wrong == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_sentence_is_empty(language: str) -> None:
    """Every sentence says something, without stray white space."""
    wrong = [key for key, text in catalog(language).items() if not text or text != text.strip()]
    assert wrong == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_keys_are_well_formed_and_unique(language: str) -> None:
    """A key belongs to one topic file, which is where to look for it."""
    keys = [key for topic in _topics(language).values() for key in topic]
    assert [key for key in keys if not KEY.fullmatch(key)] == []
    assert [key for key, count in Counter(keys).items() if count > 1] == []


def test_no_topic_holds_a_key_twice() -> None:
    """JSON would silently keep the second of two equal keys."""
    for language in LANGUAGES:
        for path in (LOCALES / language).glob("*.json"):
            keys = json.loads(path.read_text("utf-8"), object_pairs_hook=lambda pairs: pairs)
            assert len(keys) == len(dict(keys)), path


def _constants() -> Iterator[tuple[str, str]]:
    """Every string in the product's code that looks like a key, with its place.

    The beginning of an f-string ends in ``*``.
    """
    prefixes = {key.partition(".")[0] for key in catalog("en")} | {"error", "reason"}
    for module in source.product() + source.bootstrap():
        parts = {
            id(part)
            for node in ast.walk(module.tree)
            if isinstance(node, ast.JoinedStr)
            for part in node.values
        }
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                text = node.value
                topic = text.partition(".")[0]
                if KEY.fullmatch(text.rstrip("._")) and topic in prefixes - {text}:
                    star = "*" if id(node) in parts else ""
                    yield text + star, f"{module.place}:{node.lineno}"


def test_every_key_in_the_code_has_its_sentence() -> None:
    """No error or line of the interface ends in a missing sentence."""
    known = catalog("en").keys() | NOT_KEYS
    wrong = [
        f"{place} {key}"
        for key, place in _constants()
        if key not in known
        and not (key.endswith("*") and any(name.startswith(key[:-1]) for name in known))
    ]
    assert wrong == []


def test_every_error_has_its_sentence() -> None:
    """Each class of the error tree can tell a person what is wrong."""
    assert {kind.key for kind in ERRORS.values()} - catalog("en").keys() == set()


def test_every_literal_reason_has_its_sentence() -> None:
    """A decision can always be explained."""
    wrong = [
        f"{module.place}:{call.lineno} {code}"
        for module in source.product()
        for call in _calls(module.tree)
        if _called(call) == "Reason" and (code := _first(call))
        if f"reason.{code}" not in catalog("en")
    ]
    assert wrong == []


def _calls(tree: ast.AST) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def _called(call: ast.Call) -> str:
    return ast.unparse(call.func).rpartition(".")[2]


def _first(call: ast.Call) -> str | None:
    """The first positional argument of ``call``, where it is a literal string."""
    head = call.args[0] if call.args else None
    return head.value if isinstance(head, ast.Constant) and isinstance(head.value, str) else None


def test_every_call_gives_all_values_of_its_sentence() -> None:
    """``say`` and the errors never stumble over a missing value."""
    wrong = []
    for module in source.product():
        for call in _calls(module.tree):
            name = _called(call)
            key = _first(call) or (ERRORS[name].key if name in ERRORS and not call.args else None)
            given = {keyword.arg for keyword in call.keywords}
            if (name == "say" or name in ERRORS) and key in catalog("en") and None not in given:
                missing = _placeholders(catalog("en")[key]) - given
                wrong += [f"{module.place}:{call.lineno} {key}: {sorted(missing)}"] * bool(missing)
    assert wrong == []


def test_the_bootstrap_speaks_both_languages() -> None:
    """Its own sentences, which live in the code, match as well."""
    english, german = SENTENCES["en"], SENTENCES["de"]
    assert english.keys() == german.keys()
    assert all(english.values())
    assert all(german.values())
    assert {
        key for key in english if _placeholders(english[key]) != _placeholders(german[key])
    } == (set())


def test_every_sentence_of_the_bootstrap_is_said() -> None:
    """Keys in its code and in its table are the same."""
    strings = {
        node.value
        for module in source.bootstrap()
        if module.name != "launcher.sentences"
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Constant)
    }
    assert set(SENTENCES["en"]) - strings == set()
