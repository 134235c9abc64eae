"""The words of Nearside: frozen values that every other module speaks in.

Imports nothing of ours but two more of them, so that any module may import it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from services.attachment import Attachment, FileSpan


class Role(StrEnum):
    """Who speaks in a turn, in OpenAI's words."""

    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"


class Route(StrEnum):
    """Where a prompt is answered; the values are part of the HTTP contract."""

    LOCAL = "local"
    CLOUD = "cloud"
    CLOUD_REDACTED = "cloud-redacted"
    REFUSED = "refused"


class Mode(StrEnum):
    """What the person picked in the composer, or as ``model`` over HTTP."""

    AUTO = "auto"
    LOCAL = "local"
    CLOUD = "cloud"


class PrivatePolicy(StrEnum):
    """What may happen to a private prompt (``NEARSIDE_PRIVATE_POLICY``)."""

    LOCAL = "local"
    REDACT = "redact"
    ASK = "ask"


class Site(StrEnum):
    """On which side of the boundary a backend runs."""

    LOCAL = "local"
    CLOUD = "cloud"


class AnswerStatus(StrEnum):
    """How far an answer has come. Opening the store turns ``STREAMING`` into ``INTERRUPTED``."""

    STREAMING = "streaming"
    COMPLETE = "complete"
    INTERRUPTED = "interrupted"
    FAILED = "failed"
    REFUSED = "refused"


class FinishReason(StrEnum):
    """Why a model stopped, in OpenAI's words."""

    STOP = "stop"
    LENGTH = "length"
    CONTENT_FILTER = "content_filter"


@dataclass(frozen=True, slots=True)
class Message:
    """One turn as a model sees it; ``files`` tells where in it attached files stand."""

    role: Role
    content: str
    files: tuple[FileSpan, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """A private passage: ``content[start:end]`` of message number ``message``.

    Offsets count Unicode code points; ``category`` is a word such as ``email``.
    """

    category: str
    start: int
    end: int
    message: int


@dataclass(frozen=True, slots=True)
class Reason:
    """A stable code and the values of its sentence, ``services.texts.say`` of
    ``reason.<code>``."""

    code: str
    values: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class PrivacyVerdict:
    """What the privacy check found, with what is switched off; ``failed`` when it broke."""

    findings: tuple[Finding, ...] = ()
    failed: bool = False
    ignored: tuple[str, ...] = ()

    @property
    def private(self) -> bool:
        """Whether anything in the conversation must stay on this computer."""
        return self.failed or bool(self.findings)


@dataclass(frozen=True, slots=True)
class Candidate:
    """One backend that may answer, with exactly the messages it would be given.

    ``omitted`` counts earlier private turns that were left out;
    ``placeholders`` maps each placeholder in ``messages`` to the text that it
    stands for, and is empty unless the route is ``cloud-redacted``.
    ``released`` says that the person agreed to send just these messages. A ``trial``
    hands over to the next candidate if it turns out to be unsure (``second_look``).
    """

    site: Site
    messages: tuple[Message, ...]
    omitted: int = 0
    released: bool = False
    placeholders: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    trial: bool = False


@dataclass(frozen=True, slots=True)
class RouteRequest:
    """Everything that the router may look at.

    ``messages`` is the whole conversation that would be sent, newest last.
    ``consent`` says that the person has seen what would be sent and agreed to
    send it although it is private; it counts only under the policy ``ask``.
    ``cloud_blocked`` names why the cloud is closed for now (a reason code such
    as ``budget_used_up``), or is ``None``. ``local_tells``: it says how sure it is.
    """

    messages: tuple[Message, ...]
    mode: Mode = Mode.AUTO
    policy: PrivatePolicy = PrivatePolicy.LOCAL
    local_available: bool = True
    cloud_available: bool = False
    cloud_blocked: str | None = None
    consent: bool = False
    local_tells: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """Where a conversation goes and why. Data: it calls nothing.

    ``candidates`` are tried in order. A decision that keeps a prompt here contains none
    with ``Site.CLOUD``, so no later code can leak it by mistake; a ``trial`` keeps nothing.
    ``complexity`` and ``threshold`` are probabilities in 0..1: a non-private prompt goes
    to the cloud when the first exceeds the second.
    """

    route: Route
    reasons: tuple[Reason, ...]
    private: bool
    findings: tuple[Finding, ...]
    complexity: float
    threshold: float
    candidates: tuple[Candidate, ...] = ()


@dataclass(frozen=True, slots=True)
class GenerationOptions:
    """How a model should answer.

    ``max_tokens`` is the longest answer in tokens (``None``: the model's own limit);
    ``temperature`` 0 is greedy decoding; ``conversation`` is a key under which a backend
    may keep a cache of it and queue for it fairly; after ``look`` tokens it tells how
    sure it is. ``context_tokens`` is how much of the conversation is read (``None``: what
    fits); system prompt and newest turn always are.
    For the egress gate: with ``released`` the person agreed to send these very messages
    though private; the ledger keeps their text with ``keep_text`` (no temporary ones).
    """

    max_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    stop: tuple[str, ...] = ()
    seed: int | None = None
    conversation: str | None = None
    look: int | None = None
    released: bool = False
    keep_text: bool = True
    context_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one exchange; ``estimated`` when the backend did not count."""

    prompt_tokens: int
    completion_tokens: int
    estimated: bool = False


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of an answer, never empty; ``confidence`` so far where ``look`` asked for it."""

    text: str
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """``ahead`` answers come before this one; 0: the wait is over. Only before a token."""

    ahead: int


@dataclass(frozen=True, slots=True)
class Finish:
    """The last event of a stream; ``shortened``: a turn did not fit and lost its middle."""

    reason: FinishReason
    model: str
    usage: Usage
    dropped_turns: int = 0
    confidence: float | None = None
    shortened: bool = False


StreamEvent = Waiting | Token | Finish


@dataclass(frozen=True, slots=True)
class BackendStatus:
    """A backend's state, told from memory: never a network call.

    ``state`` is ``ready``, ``loading``, ``off`` (not configured) or ``down``. Of the
    engine in this program only: ``runtime`` is the library that runs the model, once it
    is loaded, and ``queue`` how many prompts it has, the running one included.
    """

    state: str
    model: str | None = None
    detail: str | None = None
    runtime: str | None = None
    queue: int | None = None


@dataclass(frozen=True, slots=True)
class AnswerFacts:
    """What is stored and shown about one answer besides its text.

    ``first_token_ms`` and ``duration_ms`` are milliseconds from the moment the
    prompt was accepted. ``cost`` is money in ``currency``; ``None`` where
    there is no price. ``confidence`` is the mean log-probability (nats, 0 is
    certain) of the likeliest next token at the answer's beginning, if known.
    """

    route: Route
    reasons: tuple[Reason, ...]
    private: bool
    complexity: float
    threshold: float
    mode: Mode = Mode.AUTO
    model: str | None = None
    usage: Usage | None = None
    first_token_ms: float | None = None
    duration_ms: float | None = None
    cost: float | None = None
    currency: str | None = None
    finish_reason: FinishReason | None = None
    omitted_turns: int = 0
    replaced: int = 0
    error: str | None = None
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """A message of the history; a person's is ``COMPLETE`` and has no ``facts``."""

    id: str
    conversation_id: str
    role: Role
    content: str
    created_at: datetime
    status: AnswerStatus = AnswerStatus.COMPLETE
    facts: AnswerFacts | None = None
    reply_to: str | None = None
    files: tuple[Attachment, ...] = ()
