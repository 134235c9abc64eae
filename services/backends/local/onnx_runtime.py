"""ONNX Runtime GenAI on a model folder."""

from __future__ import annotations

import json
import time
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any

from services.backends.local.choice import ONNX
from services.backends.local.confidence import Confidence
from services.backends.local.cores import physical_cores
from services.backends.local.kv_cache import ALIGNMENT, Slot, SlotCache
from services.backends.local.native import Model, NativeError, TokenGenerator, Tokenizer
from services.backends.local.own_tokens import OwnTokens
from services.backends.local.prompt import as_json, clean, special_tokens, without_system
from services.backends.local.runtime import DEFAULT_MAX_TOKENS, Outcome, Sampling, Sure
from services.backends.local.stops import StopFilter
from services.backends.local.watch import Interruption, Watch
from services.domain import FinishReason, Message
from services.errors import BackendRejected, BackendUnavailable

_FIRST_STEP = 64
_STEP_SECONDS = 2.0
_STEP_GRAIN = 2 * ALIGNMENT  # steps of 8 tokens take nearly as long as steps of 16
_MOST_TOKENS = 256
"""More at once is hardly faster (3 % for 0.36 billion parameters on two cores), and attention
needs memory for each pair of a token that is read and one before it."""
_SETTLE_TOKENS = 64  # a step that a new prompt ends is lost
_TOP_K = 50  # the usual default of ONNX Runtime GenAI's model builder
SearchOptions = tuple[tuple[str, float | int | bool], ...]


class OnnxRuntime:
    """A model folder loaded by ``onnxruntime_genai``; see :class:`Runtime`.

    ``cache_bytes`` bounds the memory for key-value caches. It limits how many
    conversations are kept and, for models with a very long window, the window
    (to 2,048 tokens at least). ``threads`` is how many compute; ``None`` means as the
    folder says, or else one for each physical core. (The library itself takes half
    of all processors, which is one thread too few where no two share a core.)

    Raises:
        BackendUnavailable: the folder cannot be loaded.
    """

    name = ONNX

    def __init__(
        self, directory: Path, cache_bytes: int = 1 << 30, threads: int | None = None
    ) -> None:
        try:
            config = json.loads((directory / "genai_config.json").read_text("utf-8"))
            decoder = config["model"]["decoder"]
            per_token = _bytes_per_token(decoder)
            longest = int(config["model"]["context_length"])
            own = decoder.get("session_options", {}).get("intra_op_num_threads")
            self._model = Model(directory, _overlay(threads or own or physical_cores()))
            self._tokenizer = Tokenizer(self._model)
            self._ends = _end_tokens(config, self._tokenizer)
            # The first call prepares tables for 0.2 s; better now than in a prompt.
            self._tokenizer.encode("a")
        except FileNotFoundError:
            raise BackendUnavailable("error.local_model_missing", folder=directory.name) from None
        except (OSError, ValueError, KeyError, TypeError, RuntimeError):
            raise BackendUnavailable("error.local_model_unusable", folder=directory.name) from None
        self._window = min(longest, max(2048, cache_bytes // per_token))
        self._cache: SlotCache[TokenGenerator, SearchOptions] = SlotCache(
            self._generator, cache_bytes // per_token, self._window
        )
        self._own = OwnTokens()
        self._specials = special_tokens(directory)
        self._special_ids = frozenset(
            token for special in self._specials for token in self._tokenizer.encode(special)
        )
        self._step = _FIRST_STEP

    @property
    def context_window(self) -> int:
        """Prompt and answer together, in tokens."""
        return self._window

    def count(self, messages: Sequence[Message]) -> int:
        """Exact tokens of the prompt that ``messages`` make."""
        return len(self._encode(messages)[1])

    def generate(
        self, messages: Sequence[Message], sampling: Sampling, interrupted: Interruption
    ) -> Generator[str | Sure, None, Outcome]:
        """Answer ``messages``; see :meth:`Runtime.generate`."""
        prompt, ids = self._encode(messages)
        room = self._window - len(ids)
        if room < 1:
            raise BackendRejected("error.local_too_long")
        limit = min(sampling.max_tokens or DEFAULT_MAX_TOKENS, room)
        slot = self._cache.take(ids, _search_options(sampling), limit)
        with Watch(slot.generator, interrupted) as watch:
            while len(slot.read) < len(ids) and self._read(slot, ids, watch):
                yield ""
            if len(slot.read) < len(ids):
                outcome = Outcome(None, len(ids), 0)
            else:
                outcome = yield from self._decode(slot, prompt, sampling, limit, watch)
        # A seeded answer starts from a fresh random state, so never from a slot.
        if sampling.seed is None:
            self._cache.keep(slot)
        return outcome

    def settle(self, interrupted: Interruption) -> None:
        """Read the last answer as if it were a prompt, for the turn after it."""
        slot = self._cache.newest()
        if slot is None or not slot.produced:
            return
        ids = slot.read + slot.produced
        self._cache.rewind(slot, len(slot.read))
        with Watch(slot.generator, interrupted) as watch:
            while len(slot.read) < len(ids) and self._read(slot, ids, watch, _SETTLE_TOKENS):
                pass

    def _decode(
        self,
        slot: Slot[TokenGenerator, SearchOptions],
        prompt: str,
        sampling: Sampling,
        limit: int,
        watch: Watch,
    ) -> Generator[str | Sure, None, Outcome]:
        decoder, text, whole = self._tokenizer.stream(), "", 0
        stops = StopFilter(sampling.stop)
        confidence = Confidence()
        reason: FinishReason | None = FinishReason.LENGTH
        while len(slot.produced) < limit:
            try:
                if confidence.wanted:
                    confidence.add(slot.generator.logits())
                token = slot.generator.next_token()
            except NativeError:
                if not watch.stopped:
                    raise
                reason = None
                break
            if token in self._ends:
                reason = FinishReason.STOP
                break
            slot.produced.append(token)
            if len(slot.produced) == sampling.look and confidence.value is not None:
                yield Sure(confidence.value)
            if piece := decoder.decode(token):
                # Until then the token was the beginning of a character.
                text, whole = text + piece, len(slot.produced)
            yield stops.feed(piece)
            if stops.stopped:
                reason = FinishReason.STOP
                break
        yield stops.flush()
        # What a stop sequence cut off, and control tokens, are in the tokens only.
        if not stops.stopped and self._special_ids.isdisjoint(slot.produced):
            self._remember(prompt, text, slot.read + slot.produced[:whole])
        return Outcome(reason, len(slot.read), len(slot.produced), confidence.value)

    def _read(
        self,
        slot: Slot[TokenGenerator, SearchOptions],
        ids: Sequence[int],
        watch: Watch,
        most: int = _MOST_TOKENS,
    ) -> bool:
        """Let the model read the next step of ``ids``; whether it has.

        A step lasts about two seconds at most, so that the application hears now and
        then that work goes on. A last single token is read together with the step
        before, because one alone goes through another kernel.
        """
        start = len(slot.read)
        end = start + min(self._step, most)
        if end >= len(ids) - 1:
            end = len(ids)
        began = time.perf_counter()
        try:
            slot.generator.append(ids[start:end])
        except NativeError:
            if not watch.stopped:
                raise
            return False
        slot.read.extend(ids[start:end])
        seconds = max(time.perf_counter() - began, 1e-6)
        fitting = int((end - start) * _STEP_SECONDS / seconds)
        self._step = max(1, min(_MOST_TOKENS, fitting) // _STEP_GRAIN) * _STEP_GRAIN
        return True

    def _remember(self, prompt: str, answer: str, ids: list[int]) -> None:
        """Keep ``ids``, the model's own tokens for ``prompt`` and ``answer``."""
        self._own.note(self._plain(prompt + clean(answer, self._specials)), ids)

    def _plain(self, text: str) -> list[int]:
        return self._tokenizer.encode(text)

    def _encode(self, messages: Sequence[Message]) -> tuple[str, list[int]]:
        """The prompt that ``messages`` make, as text and as tokens."""
        try:
            prompt = self._template(messages)
        except RuntimeError:
            # Some templates refuse a system role or two turns of one role.
            try:
                prompt = self._template(without_system(messages))
            except RuntimeError:
                raise BackendRejected("error.local_template") from None
        return prompt, self._own.recall(self._plain(prompt))

    def _template(self, messages: Sequence[Message]) -> str:
        text = as_json(messages, self._specials)
        return self._tokenizer.prompt(text)

    def _generator(self, options: SearchOptions, capacity: int) -> TokenGenerator:
        return TokenGenerator(self._model, {**dict(options), "max_length": capacity})


def _overlay(threads: int | None) -> str:
    """What differs from the folder's ``genai_config.json``."""
    session = {} if threads is None else {"intra_op_num_threads": threads}
    return json.dumps({"model": {"decoder": {"session_options": session}}})


def _search_options(sampling: Sampling) -> SearchOptions:
    """The library's search options; empty leaves the model's own settings."""
    if sampling.temperature is None:
        options: dict[str, float | int | bool] = {}
    elif sampling.temperature <= 0:
        options = {"do_sample": False}
    else:
        # A model that is greedy by default may come with ``top_k`` 1.
        options = {"do_sample": True, "temperature": sampling.temperature, "top_k": _TOP_K}
    if sampling.top_p is not None and options.get("do_sample") is not False:
        options |= {"do_sample": True, "top_p": sampling.top_p}
    if sampling.seed is not None:
        options["random_seed"] = sampling.seed % (1 << 31)
    return tuple(options.items())


def _bytes_per_token(decoder: dict[str, Any]) -> int:
    """Memory of keys and values for one token, in 32-bit numbers."""
    return (
        2 * 4 * int(decoder["num_hidden_layers"])
        * int(decoder["num_key_value_heads"]) * int(decoder["head_size"])
    )  # fmt: skip


def _end_tokens(config: dict[str, Any], tokenizer: Tokenizer) -> frozenset[int]:
    ends = config["model"].get("eos_token_id", [])
    listed = ends if isinstance(ends, list) else [ends]
    return frozenset(int(token) for token in [*listed, *tokenizer.ends])
