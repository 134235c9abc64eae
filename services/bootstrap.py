"""Builds the concrete parts and owns their lifetime. Nothing else does."""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from services.accounting import Accounts
from services.api.health import health
from services.api.openai import OpenAIEndpoints
from services.backends.discovery import find_servers
from services.backends.local.engine import LocalEngineBackend
from services.backends.local.model_ref import resolve_model
from services.backends.switchable import SwitchableBackend
from services.categories import REPLACEABLE
from services.conversation import ConversationService
from services.departure import Departure
from services.domain import Site
from services.egress.gate import EgressGate
from services.egress.proxy import cloud_proxy
from services.endpoints import CloudSettings
from services.errors import BackendError, EgressDenied, PrivacyModelDamaged
from services.files.reader import FileReader
from services.files.uploads import Uploads
from services.history.memory import MemoryStore
from services.history.opening import Trouble, open_history
from services.history.spool import SpoolingStore
from services.history.store import SqlConversationStore
from services.history.titles import title_of
from services.local_choice import BUILTIN, LocalChoice
from services.metrics import Metrics
from services.models.foundry import FoundryCatalog
from services.models.manager import LocalModels
from services.ports import ChatBackend, Ledger, LocalBackend, PrivacyCheck
from services.prices import load_prices
from services.redaction import redact
from services.routing.calibration import CalibratedScore, Calibrations, Scored
from services.routing.complexity import ScoreInUse, open_complexity
from services.routing.local_class import LocalClass, local_class
from services.routing.privacy import PrivacyDetector, trained
from services.routing.router import HybridRouter
from services.routing.rule_file import RuleFile
from services.settings import Settings
from services.texts import LANGUAGES, say

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Services:
    """Everything that an entrance needs. Closed once, by whoever opened it.

    ``store`` is the database; ``trouble`` is set when the real one could not be
    opened.
    """

    settings: Settings
    conversations: ConversationService
    router: HybridRouter
    store: SqlConversationStore
    spool: SpoolingStore
    temporary: MemoryStore
    endpoints: OpenAIEndpoints
    files: FileReader
    metrics: Metrics
    rules: RuleFile
    local: SwitchableBackend
    models: LocalModels
    backends: dict[Site, ChatBackend]
    trouble: Trouble | None
    _stack: AsyncExitStack
    uploads: Uploads = field(default_factory=Uploads)

    def health(self) -> dict[str, Any]:
        """The body of ``GET /api/health``."""
        return health(
            self.backends.get(Site.LOCAL),
            self.backends.get(Site.CLOUD),
            self.trouble.error if self.trouble else self.spool.trouble,
            trained().trouble,
        )

    async def warm_up(self) -> None:
        """Load the privacy check and the local model before the first prompt needs them."""
        try:
            await asyncio.to_thread(trained().load)
        except (
            PrivacyModelDamaged
        ) as error:  # every prompt stays here, and the health page tells it
            log.warning("%s", error)
        if self.local.choice.url is None:
            try:
                await self.local.warm_up()
            except BackendError as error:  # the health page tells it, and the next prompt
                log.warning("%s", error)

    async def aclose(self) -> None:
        """Stop the answers, store them, end the engine, close the database."""
        await self._stack.aclose()


async def open_services(settings: Settings) -> Services:
    """Build everything for ``settings``.

    Raises:
        SettingsError: a setting that only shows to be wrong when it is used.
        StorageError: not even a store in the temporary folder can be made.
    """
    async with AsyncExitStack() as stack:
        store, trouble = await open_history(settings, stack)
        spool = SpoolingStore(store)
        stack.push_async_callback(spool.aclose)
        privacy = PrivacyDetector(off=settings.not_private)
        gate = _gate(settings, privacy, store)
        stack.push_async_callback(gate.aclose)
        local = _switchable(settings, gate)
        backends = _backends(settings, gate, local)
        models = _models(settings, gate, local)
        for close in (*(backend.aclose for backend in backends.values()), models.aclose):
            stack.push_async_callback(close)
        metrics, temporary = Metrics(), MemoryStore()
        rules = RuleFile(settings.data_dir / "rules.json")
        files = _files(stack)
        router = _router(settings, privacy, rules, local)
        conversations = ConversationService(
            router=router,
            backends=backends,
            store=spool,
            temporary=temporary,
            accounts=Accounts(store, load_prices(settings.data_dir), settings.cloud_budget),
            title=title_of,
            answered=metrics.answered,
        )
        stack.push_async_callback(conversations.aclose)
        return Services(
            settings=settings,
            conversations=conversations,
            router=router,
            store=store,
            spool=spool,
            temporary=temporary,
            endpoints=OpenAIEndpoints(conversations, settings.private_policy, files.read),
            files=files,
            metrics=metrics,
            rules=rules,
            local=local,
            models=models,
            backends=backends,
            trouble=trouble,
            _stack=stack.pop_all(),
        )


def scorer(settings: Settings) -> Scored:
    """The complexity score as shipped, before anything that a person's ratings taught."""
    return open_complexity(class_in_use(settings))


def _router(
    settings: Settings, privacy: PrivacyCheck, rules: RuleFile, local: SwitchableBackend
) -> HybridRouter:
    shipped = ScoreInUse(lambda: _class_of(local.choice))
    learned = CalibratedScore(
        shipped, Calibrations(settings.data_dir), lambda: local.status().model
    )
    return HybridRouter(privacy, learned, settings.cloud_share, rules=rules, redact=redact)


def _gate(settings: Settings, privacy: PrivacyCheck, ledger: Ledger) -> EgressGate:
    cloud = settings.cloud
    if cloud is None:
        return EgressGate(privacy, ledger)
    ours = {say("interface.system_prompt", language) for language in LANGUAGES}
    return EgressGate(
        privacy,
        ledger,
        cloud_url=cloud.url,
        public={*ours, cloud.model, cloud.api_version or ""},
        replaceable=REPLACEABLE,
        proxy=cloud_proxy(cloud.url, os.environ),
    )


def class_in_use(settings: Settings) -> LocalClass:
    """How able the local model of the settings is; a server's is known by name only.

    Raises:
        SettingsError: the setting of the local model names no model.
    """
    return _class_of(_choice_of(settings))


def _class_of(choice: LocalChoice) -> LocalClass:
    if choice.url is not None:
        return local_class(choice.model)
    model = resolve_model(choice.model)
    files = model.directory.iterdir() if model.directory else ()
    return local_class(model.name, sum(file.stat().st_size for file in files if file.is_file()))


def _choice_of(settings: Settings) -> LocalChoice:
    unnamed = settings.local_url and settings.local_model == BUILTIN
    return LocalChoice("" if unnamed else settings.local_model, settings.local_url)


def _switchable(settings: Settings, gate: EgressGate) -> SwitchableBackend:
    def build(choice: LocalChoice) -> LocalBackend:
        if choice.url is None:
            model = resolve_model(choice.model)
            return LocalEngineBackend(model, settings.data_dir, threads=settings.threads)
        # Here and in ``_cloud``, not above: the openai library takes a fifth of the start,
        # and many computers need only the model that is there.
        from services.backends.openai_compatible import (
            LOCAL_TIMEOUTS,
            OpenAICompatibleBackend,
            fixed,
        )

        client = gate.local_client(choice.url, trusted=settings.trust_local_url)
        key = settings.local_api_key
        return OpenAICompatibleBackend(
            Site.LOCAL, choice.url, choice.model, key, fixed(client), timeouts=LOCAL_TIMEOUTS
        )

    return SwitchableBackend(build, _choice_of(settings))


def _files(stack: AsyncExitStack) -> FileReader:
    reader = FileReader()
    stack.push_async_callback(reader.aclose)
    return reader


def _backends(settings: Settings, gate: EgressGate, local: LocalBackend) -> dict[Site, ChatBackend]:
    there: dict[Site, ChatBackend] = {Site.LOCAL: local}
    if settings.cloud:
        there[Site.CLOUD] = _cloud(settings.cloud, gate)
    return there


def _cloud(cloud: CloudSettings, gate: EgressGate) -> ChatBackend:
    from services.backends.openai_compatible import OpenAICompatibleBackend

    return OpenAICompatibleBackend(
        Site.CLOUD,
        cloud.url,
        cloud.model,
        cloud.api_key,
        gate.cloud_client,
        kind=cloud.kind,
        api_version=cloud.api_version,
    )


def _models(settings: Settings, gate: EgressGate, local: SwitchableBackend) -> LocalModels:
    catalog = FoundryCatalog(settings.data_dir, os.environ, catalog_url=settings.catalog_url)
    find = partial(find_servers, gate.local_client)
    return LocalModels(settings.data_dir, local, catalog, find, pinned=settings.local_pinned)


def nearby_gate() -> EgressGate:
    """A gate for servers on this computer alone; through it nothing gets out."""
    return EgressGate(PrivacyDetector(), _NoDepartures())


class _NoDepartures:
    """The ledger where nothing may leave."""

    async def record(self, departure: Departure) -> None:
        raise EgressDenied("error.egress_unrecorded")


def signing_secret(data_dir: Path) -> str:
    """The secret that signs sessions: made once, readable by its owner only.

    Where the data folder cannot be written, a secret for this run only.
    """
    path = data_dir / "session-secret"
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        if path.exists() and (known := path.read_text("ascii").strip()):
            return known
        fresh = secrets.token_urlsafe(48)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(fresh)
    except OSError as error:
        log.warning("%s cannot be written: %s", data_dir, error.strerror)
        return secrets.token_urlsafe(48)
    return fresh
