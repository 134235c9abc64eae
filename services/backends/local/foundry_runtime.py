"""Foundry Local's SDK on a model folder that is registered with it."""

from __future__ import annotations

import hashlib
from collections.abc import Generator, Sequence
from pathlib import Path

from foundry_local_sdk import (
    CatalogType,
    ChatSession,
    Configuration,
    FoundryLocalManager,
    IModel,
    MessageItem,
    ModelInfoBuilder,
    Request,
    RequestOptions,
    SearchOptions,
)
from foundry_local_sdk.exception import FoundryLocalException

from services.backends.local.choice import FOUNDRY
from services.backends.local.prompt import clean, special_tokens
from services.backends.local.runtime import DEFAULT_MAX_TOKENS, Outcome, Sampling
from services.backends.local.stops import StopFilter
from services.backends.local.watch import Interruption
from services.domain import FinishReason, Message, Role
from services.errors import BackendRejected, BackendUnavailable

_LENGTH = 3  # FinishReason.LENGTH of the SDK


class FoundryRuntime:
    """A model folder in Foundry's local catalog; see :class:`Runtime`.

    Uses the local catalog only: the public one would open connections.

    Raises:
        BackendUnavailable: the folder cannot be registered or loaded.
    """

    name = FOUNDRY

    def __init__(self, directory: Path, app_data: Path) -> None:
        app_data.mkdir(parents=True, exist_ok=True)
        try:
            FoundryLocalManager.initialize(
                Configuration(
                    app_name="nearside",
                    app_data_dir=str(app_data),
                    model_cache_dir=str(app_data / "models"),
                    logs_dir=str(app_data / "logs"),
                    disable_nonessential_telemetry=True,
                )
            )
            self._model = _registered(directory)
            self._model.load()
        except FoundryLocalException:
            raise BackendUnavailable("error.local_model_unusable", folder=directory.name) from None
        self._specials = special_tokens(directory)

    @property
    def context_window(self) -> int:
        """Prompt and answer together, in tokens."""
        return self._model.context_length or 2048

    def count(self, messages: Sequence[Message]) -> int:
        """Exact tokens of the prompt that ``messages`` make."""
        # ``Session.__enter__`` is declared to return the base class.
        session = ChatSession(self._model)
        with session, self._request(messages, Sampling()) as request:
            return session.preflight_request(request).prompt_tokens

    def generate(
        self, messages: Sequence[Message], sampling: Sampling, interrupted: Interruption
    ) -> Generator[str, None, Outcome]:
        """Answer ``messages``; see :meth:`Runtime.generate`.

        A session of its own for each answer, because a session's history cannot
        be edited; closing the stream before the request avoids a crash of the
        library.
        """
        stops = StopFilter(sampling.stop)
        prompt_tokens = self.count(messages)
        produced = 0
        try:
            with ChatSession(self._model) as session, self._request(messages, sampling) as request:
                session.set_streaming(True)
                with session.process_streaming_request(request) as stream:
                    for item in stream:
                        if interrupted():
                            return Outcome(None, prompt_tokens, produced)
                        produced += 1
                        yield stops.feed(getattr(item, "text", "") or "")
                        if stops.stopped:
                            return Outcome(FinishReason.STOP, prompt_tokens, produced)
                    yield stops.flush()
                    with stream.final_response as final:
                        usage = final.get_usage()
                        reason = (
                            FinishReason.LENGTH
                            if int(final.finish_reason) == _LENGTH
                            else FinishReason.STOP
                        )
                        return Outcome(reason, usage.prompt_tokens, usage.completion_tokens)
        except FoundryLocalException:
            raise BackendUnavailable("error.local_failed") from None

    def settle(self, interrupted: Interruption) -> None:
        """Nothing: a session keeps its cache to itself."""

    def _request(self, messages: Sequence[Message], sampling: Sampling) -> Request:
        request = Request()
        for message in messages:
            text = clean(message.content, self._specials)
            if message.role is Role.SYSTEM:
                request.add_item(MessageItem.system(text))
            elif message.role is Role.USER:
                request.add_item(MessageItem.user(text))
            else:
                request.add_item(MessageItem.assistant(text))
        greedy = sampling.temperature is not None and sampling.temperature <= 0
        request.set_options(
            RequestOptions(
                search=SearchOptions(
                    temperature=None if greedy else sampling.temperature,
                    top_p=None if greedy else sampling.top_p,
                    do_sample=False if greedy else None,
                    seed=sampling.seed,
                    max_output_tokens=self._room(sampling),
                )
            )
        )
        return request

    def _room(self, sampling: Sampling) -> int:
        room = min(sampling.max_tokens or DEFAULT_MAX_TOKENS, self.context_window // 2)
        if room < 1:
            raise BackendRejected("error.local_too_long")
        return room


def _registered(directory: Path) -> IModel:
    """The model of ``directory`` in the local catalog, registered once.

    The identifier holds a digest of the path: registrations survive restarts,
    and a second folder of the same name must not be taken for the first.
    """
    manager = FoundryLocalManager.instance
    if manager is None:
        raise BackendUnavailable("error.local_failed")
    catalog = manager.get_catalog(CatalogType.LOCAL)
    digest = hashlib.sha256(str(directory).encode()).hexdigest()[:12]
    identifier = f"nearside-{digest}-generic-cpu:1"
    known = catalog.get_model_variant(identifier)
    if known is not None:
        return known
    with ModelInfoBuilder() as metadata:
        metadata.set_string_property("task", "chat-completion")
        return catalog.register_model(directory, identifier, metadata)
