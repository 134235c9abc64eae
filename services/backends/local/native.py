"""ONNX Runtime GenAI through its documented C interface.

The library's Python classes hold the interpreter's lock for as long as the model
reads, so nothing could end the reading of a long prompt but reading it in small,
slow steps. ``ctypes`` lets go of the lock: another thread can end a step at once
(:meth:`TokenGenerator.stop`). Functions: https://onnxruntime.ai/docs/genai/api/c.html.
"""

from __future__ import annotations

import ctypes
import math
import weakref
from collections.abc import Mapping, Sequence
from ctypes import POINTER, byref, c_bool, c_char_p, c_double, c_int32, c_int64, c_size_t, c_void_p
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

_NUMBERS = {1: np.float32, 10: np.float16}
"""Values of ``OgaElementType`` that logits have."""
_OUT = POINTER(c_void_p)
_TOKENS, _COUNT = POINTER(c_int32), POINTER(c_size_t)
_CHECKED: dict[str, tuple[Any, ...]] = {
    "OgaCreateConfig": (c_char_p, _OUT),
    "OgaConfigOverlay": (c_void_p, c_char_p),
    "OgaCreateModelFromConfig": (c_void_p, _OUT),
    "OgaCreateTokenizer": (c_void_p, _OUT),
    "OgaTokenizerGetEosTokenIds": (c_void_p, POINTER(_TOKENS), _COUNT),
    "OgaTokenizerApplyChatTemplate": (c_void_p, c_char_p, c_char_p, c_char_p, c_bool, _OUT),
    "OgaCreateSequences": (_OUT,),
    "OgaTokenizerEncode": (c_void_p, c_char_p, c_void_p),
    "OgaCreateTokenizerStream": (c_void_p, _OUT),
    "OgaTokenizerStreamDecode": (c_void_p, c_int32, POINTER(c_char_p)),
    "OgaCreateGeneratorParams": (c_void_p, _OUT),
    "OgaGeneratorParamsSetSearchNumber": (c_void_p, c_char_p, c_double),
    "OgaGeneratorParamsSetSearchBool": (c_void_p, c_char_p, c_bool),
    "OgaCreateGenerator": (c_void_p, c_void_p, _OUT),
    "OgaGenerator_AppendTokens": (c_void_p, _TOKENS, c_size_t),
    "OgaGenerator_GenerateNextToken": (c_void_p,),
    "OgaGenerator_GetNextTokens": (c_void_p, POINTER(_TOKENS), _COUNT),
    "OgaGenerator_GetLogits": (c_void_p, _OUT),
    "OgaGenerator_RewindTo": (c_void_p, c_size_t),
    "OgaGenerator_SetRuntimeOption": (c_void_p, c_char_p, c_char_p),
    "OgaTensorGetType": (c_void_p, _TOKENS),
    "OgaTensorGetShapeRank": (c_void_p, _COUNT),
    "OgaTensorGetShape": (c_void_p, POINTER(c_int64), c_size_t),
    "OgaTensorGetData": (c_void_p, _OUT),
}
"""Functions whose result is nothing, or what went wrong, with the kinds of their arguments."""
_OTHERS: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "OgaResultGetError": (c_char_p, (c_void_p,)),
    "OgaSequencesGetSequenceCount": (c_size_t, (c_void_p, c_size_t)),
    "OgaSequencesGetSequenceData": (_TOKENS, (c_void_p, c_size_t)),
    **{
        f"OgaDestroy{kind}": (None, (c_void_p,))
        for kind in (
            "Config", "Generator", "GeneratorParams", "Model", "Result", "Sequences",
            "String", "Tensor", "Tokenizer", "TokenizerStream",
        )
    },
}  # fmt: skip
"""The other functions, with the kinds of their result and arguments."""


class NativeError(RuntimeError):
    """The library refused; the message is its own."""


@cache
def _library() -> ctypes.CDLL:
    # Its import finds ONNX Runtime for the library; late, because it takes a moment.
    import onnxruntime_genai  # type: ignore[import-untyped]  # ships no types

    folder = Path(onnxruntime_genai.__file__).parent
    names = ("libonnxruntime-genai.so", "libonnxruntime-genai.dylib", "onnxruntime-genai.dll")
    paths = [folder / name for name in names]
    library = ctypes.CDLL(str(next((path for path in paths if path.is_file()), paths[0])))
    kinds = {**_OTHERS, **{name: (c_void_p, kinds) for name, kinds in _CHECKED.items()}}
    for name, (result, arguments) in kinds.items():
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library


def _call(name: str, *arguments: Any) -> None:
    """Call a function of ``_CHECKED``.

    Raises:
        NativeError: it failed.
    """
    library = _library()
    if failure := getattr(library, name)(*arguments):
        said = library.OgaResultGetError(failure)
        library.OgaDestroyResult(failure)
        raise NativeError((said or b"").decode("utf-8", "replace"))


class _Owned:
    """A thing of the library's, given back with the last reference to it."""

    def __init__(self, kind: str, create: str, *arguments: Any) -> None:
        self.handle = c_void_p()
        _call(create, *arguments, byref(self.handle))
        destroy = getattr(_library(), f"OgaDestroy{kind}")
        weakref.finalize(self, destroy, self.handle).atexit = False


class Model(_Owned):
    """The model in ``directory``, its ``genai_config.json`` changed by ``overlay`` (JSON).

    Raises:
        NativeError: it cannot be loaded.
    """

    def __init__(self, directory: Path, overlay: str = "{}") -> None:
        config = _Owned("Config", "OgaCreateConfig", str(directory).encode())
        _call("OgaConfigOverlay", config.handle, overlay.encode())
        super().__init__("Model", "OgaCreateModelFromConfig", config.handle)


class Tokenizer(_Owned):
    """The tokenizer of ``model``."""

    def __init__(self, model: Model) -> None:
        super().__init__("Tokenizer", "OgaCreateTokenizer", model.handle)

    @property
    def ends(self) -> list[int]:
        """The tokens that end an answer."""
        tokens, count = _TOKENS(), c_size_t()
        _call("OgaTokenizerGetEosTokenIds", self.handle, byref(tokens), byref(count))
        return tokens[: count.value]

    def encode(self, text: str) -> list[int]:
        """The tokens of ``text``."""
        found = _Owned("Sequences", "OgaCreateSequences")
        _call("OgaTokenizerEncode", self.handle, text.encode(), found.handle)
        library = _library()
        if not (count := library.OgaSequencesGetSequenceCount(found.handle, 0)):
            return []
        tokens: list[int] = library.OgaSequencesGetSequenceData(found.handle, 0)[:count]
        return tokens

    def prompt(self, messages: str) -> str:
        """What the model's chat template makes of ``messages`` (JSON), up to the answer."""
        made = c_void_p()
        _call(
            "OgaTokenizerApplyChatTemplate",
            self.handle, None, messages.encode(), None, True, byref(made),
        )  # fmt: skip
        try:
            return ctypes.string_at(made.value or 0).decode()
        finally:
            _library().OgaDestroyString(made)

    def stream(self) -> Stream:
        """For an answer's tokens, one by one."""
        return Stream(self)


class Stream(_Owned):
    """Turns tokens into text as they come."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        super().__init__("TokenizerStream", "OgaCreateTokenizerStream", tokenizer.handle)

    def decode(self, token: int) -> str:
        """The text that ``token`` completes; none in the middle of a character."""
        text = c_char_p()
        _call("OgaTokenizerStreamDecode", self.handle, token, byref(text))
        return (text.value or b"").decode("utf-8", "replace")


class TokenGenerator(_Owned):
    """A sequence of tokens, with the key-value cache of what ``model`` has read of it.

    ``options`` are the library's search options.
    """

    def __init__(self, model: Model, options: Mapping[str, float | int | bool]) -> None:
        parameters = _Owned("GeneratorParams", "OgaCreateGeneratorParams", model.handle)
        for name, value in options.items():
            kind = "Bool" if isinstance(value, bool) else "Number"
            set_option = f"OgaGeneratorParamsSetSearch{kind}"
            _call(set_option, parameters.handle, name.encode(), value)
        super().__init__("Generator", "OgaCreateGenerator", model.handle, parameters.handle)

    def append(self, tokens: Sequence[int]) -> None:
        """Let the model read ``tokens``.

        Raises:
            NativeError: it cannot, or :meth:`stop` was called.
        """
        array = (c_int32 * len(tokens))(*tokens)
        _call("OgaGenerator_AppendTokens", self.handle, array, len(tokens))

    def next_token(self) -> int:
        """Let the model produce a token."""
        _call("OgaGenerator_GenerateNextToken", self.handle)
        tokens, count = _TOKENS(), c_size_t()
        _call("OgaGenerator_GetNextTokens", self.handle, byref(tokens), byref(count))
        return int(tokens[0])

    def logits(self) -> NDArray[np.float32]:
        """Scores of all tokens to come next, with the shape that the model gives them."""
        tensor = _Owned("Tensor", "OgaGenerator_GetLogits", self.handle)
        kind, rank, data = c_int32(), c_size_t(), c_void_p()
        _call("OgaTensorGetType", tensor.handle, byref(kind))
        _call("OgaTensorGetShapeRank", tensor.handle, byref(rank))
        shape = (c_int64 * rank.value)()
        _call("OgaTensorGetShape", tensor.handle, shape, rank)
        _call("OgaTensorGetData", tensor.handle, byref(data))
        numbers = np.dtype(_NUMBERS[kind.value])
        raw = ctypes.string_at(data.value or 0, math.prod(shape) * numbers.itemsize)
        return np.frombuffer(raw, numbers).reshape(tuple(shape)).astype(np.float32)

    def rewind_to(self, new_length: int, /) -> None:
        """Forget every token from ``new_length`` on."""
        _call("OgaGenerator_RewindTo", self.handle, new_length)

    def stop(self) -> None:
        """From another thread: make the model end what it does now, with an error there."""
        self._terminate(b"1")

    def go_on(self) -> None:
        """Be usable again after :meth:`stop`."""
        self._terminate(b"0")

    def _terminate(self, value: bytes) -> None:
        _call("OgaGenerator_SetRuntimeOption", self.handle, b"terminate_session", value)
