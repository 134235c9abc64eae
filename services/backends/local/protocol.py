"""The frames between the application and its worker: one JSON object a line.

JSON in ASCII escapes line breaks, lone surrogates and every other byte that a
pipe or a text mode could change, so that a frame is a line on any platform.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field

from services.domain import FinishReason, GenerationOptions, Message, Role


class ProtocolError(Exception):
    """A line that is not a frame of ours."""


@dataclass(frozen=True, slots=True)
class Load:
    """First frame to the worker: which model to load and how.

    ``runtime`` is ``onnx``, ``foundry`` or ``auto`` (:mod:`.choice`); ``threads``
    ``None`` leaves their number to the model's folder and the library.
    """

    name: str
    directory: str | None
    downloads: str
    verified: bool = False
    runtime: str = "auto"
    app_data: str = ""
    cache_bytes: int = 1 << 30
    threads: int | None = None


@dataclass(frozen=True, slots=True)
class Generate:
    """Answer a conversation; ``messages`` are pairs of role and text."""

    id: int
    messages: tuple[tuple[str, str], ...]
    max_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    stop: tuple[str, ...] = ()
    seed: int | None = None
    context_tokens: int | None = None
    look: int | None = None

    @classmethod
    def of(cls, id: int, messages: tuple[Message, ...], options: GenerationOptions) -> Generate:  # noqa: A002 - the field's name
        """The frame for ``messages`` under ``options``."""
        return cls(
            id=id,
            messages=tuple((str(message.role), message.content) for message in messages),
            max_tokens=options.max_tokens,
            temperature=options.temperature,
            top_p=options.top_p,
            stop=options.stop,
            seed=options.seed,
            context_tokens=options.context_tokens,
            look=options.look,
        )

    def conversation(self) -> tuple[Message, ...]:
        """The messages as values of the domain."""
        return tuple(Message(Role(role), content) for role, content in self.messages)


@dataclass(frozen=True, slots=True)
class Cancel:
    """Stop answering ``id``; answered by ``Done`` with ``cancelled``."""

    id: int


@dataclass(frozen=True, slots=True)
class Ready:
    """The model is loaded; ``context_window`` is in tokens."""

    model: str
    context_window: int
    runtime: str


@dataclass(frozen=True, slots=True)
class Failed:
    """It did not work: ``id`` is the prompt, or ``None`` when loading failed.

    ``error`` names the class and ``key`` the sentence of the error.
    """

    id: int | None
    error: str
    key: str
    values: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Beat:
    """The prompt ``id`` is being read; says only that the worker is alive."""

    id: int


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of the answer ``id``; ``confidence`` is that of ``domain.Token``."""

    id: int
    text: str
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """The answer ``id`` has ended.

    ``reason`` is a ``FinishReason`` or ``cancelled``; ``confidence`` and ``shortened``
    are those of :class:`services.domain.Finish`.
    """

    id: int
    reason: str
    prompt_tokens: int
    completion_tokens: int
    dropped_turns: int = 0
    confidence: float | None = None
    shortened: bool = False

    @property
    def finish_reason(self) -> FinishReason:
        """The reason in the domain's words."""
        return FinishReason(self.reason)


CANCELLED = "cancelled"
Frame = Load | Generate | Cancel | Ready | Failed | Beat | Piece | Done
_KINDS: dict[str, type[Frame]] = {
    kind.__name__.lower(): kind
    for kind in (Load, Generate, Cancel, Ready, Failed, Beat, Piece, Done)
}


def encode(frame: Frame) -> bytes:
    """One line, its line break included."""
    return json.dumps({"type": type(frame).__name__.lower(), **asdict(frame)}).encode() + b"\n"


def decode(line: bytes) -> Frame:
    """The frame in one line.

    Raises:
        ProtocolError: the line is not JSON or not one of our frames.
    """
    try:
        fields = json.loads(line)
        kind = _KINDS[fields.pop("type")]
        for name in ("messages", "stop"):
            if name in fields:
                fields[name] = tuple(_frozen(item) for item in fields[name])
        return kind(**fields)
    except (ValueError, KeyError, TypeError, AttributeError):
        # The line may hold a prompt, so it must not travel in the error.
        raise ProtocolError("not a frame") from None


def _frozen(item: object) -> object:
    return tuple(item) if isinstance(item, list) else item


class LineBuffer:
    """Cuts a byte stream into whole lines."""

    def __init__(self) -> None:
        self._rest = bytearray()

    def feed(self, data: bytes) -> list[bytes]:
        """The lines that ``data`` completes, without their line breaks."""
        self._rest += data
        *lines, rest = self._rest.split(b"\n")
        self._rest = bytearray(rest)
        return [bytes(line) for line in lines]
