"""The library's C interface gives what its Python classes give."""

from __future__ import annotations

import gc
import json
from pathlib import Path

import numpy as np
import onnxruntime_genai as og  # type: ignore[import-untyped]  # ships no types
import pytest

from services.backends.local.model_ref import BUILTIN_DIRECTORY
from services.backends.local.native import Model, NativeError, TokenGenerator, Tokenizer

TEXT = "Grüße, 漢字 und 🎉\n"
GREEDY = {"do_sample": False, "max_length": 256}


@pytest.fixture(scope="module")
def model() -> Model:
    """The built-in model."""
    return Model(BUILTIN_DIRECTORY)


def test_it_equals_the_python_interface(model: Model) -> None:
    """Tokens, template, scores and greedy answers."""
    theirs = og.Model(str(BUILTIN_DIRECTORY))
    tokenizer, their_tokenizer = Tokenizer(model), og.Tokenizer(theirs)
    assert tokenizer.ends == [int(token) for token in their_tokenizer.eos_token_ids]
    messages = json.dumps([{"role": "user", "content": TEXT}])
    prompt = their_tokenizer.apply_chat_template(messages, add_generation_prompt=True)
    assert tokenizer.prompt(messages) == prompt
    tokens = [int(token) for token in their_tokenizer.encode(prompt)]
    assert tokenizer.encode(prompt) == tokens
    parameters = og.GeneratorParams(theirs)
    parameters.set_search_options(**GREEDY)
    generator, their_generator = TokenGenerator(model, GREEDY), og.Generator(theirs, parameters)
    generator.append(tokens)
    their_generator.append_tokens(np.asarray(tokens, np.int32))
    for _ in range(20):
        assert np.array_equal(generator.logits(), their_generator.get_logits())
        their_generator.generate_next_token()
        assert generator.next_token() == int(their_generator.get_next_tokens()[0])


def test_text_comes_back(model: Model) -> None:
    """Token by token, whole characters only."""
    tokenizer = Tokenizer(model)
    stream = tokenizer.stream()
    pieces = [stream.decode(token) for token in tokenizer.encode(TEXT)]
    assert "".join(pieces) == TEXT
    assert tokenizer.encode("") == []


def test_what_was_stopped_fails_until_it_goes_on(model: Model) -> None:
    """Then it can be rewound, and all is as before."""
    tokens = Tokenizer(model).encode("one two three four five six seven eight")
    untouched, stopped = TokenGenerator(model, GREEDY), TokenGenerator(model, GREEDY)
    untouched.append(tokens)
    stopped.stop()
    with pytest.raises(NativeError):
        stopped.append(tokens)
    stopped.go_on()
    stopped.rewind_to(0)
    stopped.append(tokens)
    assert np.array_equal(stopped.logits(), untouched.logits())


def test_errors_are_the_librarys_own_words(model: Model, tmp_path: Path) -> None:
    """A folder that is none, a place that is not there, an option that is unknown."""
    with pytest.raises(NativeError, match=r"genai_config\.json"):
        Model(tmp_path)
    with pytest.raises(NativeError, match="length"):
        TokenGenerator(model, GREEDY).rewind_to(10)
    with pytest.raises(NativeError, match="no_such_option"):
        TokenGenerator(model, {"no_such_option": 1})


def test_parts_outlive_what_they_were_made_from(model: Model) -> None:
    """The library counts its references; ours may go in any order."""
    owner = Model(BUILTIN_DIRECTORY)
    tokenizer, generator = Tokenizer(owner), TokenGenerator(owner, GREEDY)
    stream, tokens = tokenizer.stream(), tokenizer.encode("Hello")
    del owner, tokenizer
    gc.collect()
    generator.append(tokens)
    kept = TokenGenerator(model, GREEDY)
    kept.append(tokens)
    token = kept.next_token()
    assert generator.next_token() == token
    assert stream.decode(token) == Tokenizer(model).stream().decode(token)
