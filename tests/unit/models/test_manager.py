"""Managing local models: what may be done when, and what is remembered."""

from __future__ import annotations

import asyncio
import shutil
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from services.backends.discovery import FoundServer, Place
from services.backends.switchable import SwitchableBackend
from services.errors import BackendUnavailable, ModelError
from services.local_choice import LocalChoice, keep_choice, kept_choice, known_folders
from services.models.foundry import Cancellation
from services.models.here import downloads_of
from services.models.manager import LocalModels, Overview
from services.models.meter import Progress
from services.models.offer import Offer
from tests.fakes.services import FakeBackend

OLLAMA = "http://127.0.0.1:11434/v1"


class FakeModel(FakeBackend):
    """A local model that can be refused to load, or held back by the test."""

    unready: Exception | None = None
    held: asyncio.Event | None = None

    async def warm_up(self) -> None:
        if self.held:
            await self.held.wait()
        if self.unready:
            raise self.unready


@dataclass
class FakeCatalog:
    """A catalog whose downloads go on when the test says so."""

    asked: int = 0
    fetched: list[str] = field(default_factory=list)
    go_on: threading.Event = field(default_factory=threading.Event)
    error: Exception | None = None

    def offers(self) -> list[Offer]:
        self.asked += 1
        if self.error:
            raise self.error
        return [Offer("tiny", 10, "MIT", "chat-completion", "CPU", here=False)]

    def download(
        self, alias: str, tell: Callable[[Progress], None], cancellation: Cancellation | None = None
    ) -> None:
        self.fetched.append(alias)
        if cancellation:
            cancellation.attach(self.go_on.set)
        tell(Progress(40.0))
        self.go_on.wait()
        if cancellation and cancellation.asked:
            raise ModelError("error.model_helper")
        if self.error:
            raise self.error


@dataclass
class Rig:
    """A manager with what it stands on."""

    data: Path
    catalog: FakeCatalog
    held: asyncio.Event | None = None
    servers: dict[str, tuple[str, ...]] = field(default_factory=dict)
    made: list[LocalChoice] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.local = SwitchableBackend(self.build, LocalChoice())
        self.models = self.manager()

    def manager(self, pinned: str | None = None) -> LocalModels:
        return LocalModels(self.data, self.local, self.catalog, self.find, pinned=pinned)

    def build(self, choice: LocalChoice) -> FakeModel:
        self.made.append(choice)
        model = FakeModel()
        model.held = self.held
        if choice.model == "broken":
            model.unready = BackendUnavailable("error.local_model_damaged", file="model.onnx")
        return model

    async def find(self, places: Sequence[Place]) -> list[FoundServer]:
        return [
            FoundServer(place, self.servers[place.url])
            for place in places
            if place.url in self.servers
        ]

    async def switched(self) -> None:
        """Wait for the end of the exchange."""
        await self._until(lambda seen: seen.switch is not None and not seen.switch.running)

    async def fetched(self) -> None:
        """Wait for the end of the download."""
        await self._until(lambda seen: seen.download is not None and not seen.download.running)

    async def _until(self, over: Callable[[Overview], bool]) -> None:
        async with asyncio.timeout(10):
            while not over(await self.models.overview()):  # noqa: ASYNC110 - as the page does
                await asyncio.sleep(0)


@pytest.fixture
async def rig(data_dir: Path) -> AsyncIterator[Rig]:
    """Nothing downloaded, the built-in model in use."""
    made = Rig(data_dir, FakeCatalog())
    yield made
    await made.models.aclose()


def _downloaded(data: Path, name: str) -> Path:
    folder = downloads_of(data) / "Somebody" / f"{name}-generic-cpu-1"
    folder.mkdir(parents=True)
    (folder / "genai_config.json").write_text("{}", "utf-8")
    return folder


def _own(folder: Path) -> Path:
    folder.mkdir()
    (folder / "genai_config.json").write_text("{}", "utf-8")
    return folder


async def test_a_choice_counts_now_and_after_the_next_start(rig: Rig) -> None:
    """The same note as that of the command."""
    _downloaded(rig.data, "phi")
    await rig.models.use(LocalChoice("phi"))
    await rig.switched()
    assert rig.local.choice == kept_choice(rig.data) == LocalChoice("phi")


async def test_a_model_that_fails_changes_nothing(rig: Rig) -> None:
    """The old one stays in use and chosen, and the reason is in the overview."""
    _downloaded(rig.data, "broken")
    await rig.models.use(LocalChoice("broken"))
    await rig.switched()
    switch = (await rig.models.overview()).switch
    assert switch
    assert switch.error
    assert "model.onnx" in switch.error.sentence("en")
    assert rig.local.choice == kept_choice(rig.data) == LocalChoice()


async def test_a_choice_that_cannot_be_kept_is_told(rig: Rig) -> None:
    """The model is in use, and one sentence says that it will not be after a start."""
    rig.data.parent.mkdir(exist_ok=True)
    folder = _own(rig.data.parent / "mine")
    rig.data.write_text("a file where the folder should be", "utf-8")
    await rig.models.use_folder(str(folder))
    await rig.switched()
    switch = (await rig.models.overview()).switch
    assert switch
    assert switch.error
    assert switch.error.text_key == "error.model_choice"
    assert rig.local.choice == LocalChoice(str(folder))


@pytest.mark.parametrize("name", ["nothing", "/no/such/folder", "..", ""])
async def test_what_is_not_here_is_refused_at_once(rig: Rig, name: str) -> None:
    """The model in use is not touched."""
    with pytest.raises(ModelError):
        await rig.models.use(LocalChoice(name))
    with pytest.raises(ModelError, match="no ONNX Runtime GenAI model"):
        await rig.models.use_folder(name)
    assert rig.made == [LocalChoice()]


async def test_a_variable_wins(rig: Rig) -> None:
    """What the environment sets cannot be overridden by a click."""
    models = rig.manager(pinned="NEARSIDE_LOCAL_URL")
    with pytest.raises(ModelError, match="NEARSIDE_LOCAL_URL"):
        await models.use(LocalChoice())


async def test_one_exchange_at_a_time(rig: Rig) -> None:
    """A second click waits for its turn with a sentence."""
    rig.held = asyncio.Event()
    _downloaded(rig.data, "phi")
    await rig.models.use(LocalChoice("phi"))
    with pytest.raises(ModelError, match="just now"):
        await rig.models.use(LocalChoice())
    with pytest.raises(ModelError, match="is in use"):
        await rig.models.remove("phi")
    rig.held.set()
    await rig.switched()
    assert rig.local.choice == LocalChoice("phi")


async def test_a_server_with_its_first_model(rig: Rig) -> None:
    """An address is enough; what was found is kept with it."""
    rig.servers = {OLLAMA: ("llama", "phi")}
    await rig.models.use(LocalChoice("", "127.0.0.1:11434"))
    await rig.switched()
    assert rig.local.choice == kept_choice(rig.data) == LocalChoice("llama", OLLAMA)
    assert [server.models for server in await rig.models.servers()] == [("llama", "phi")]


@pytest.mark.parametrize(
    ("url", "model", "said"),
    [
        ("https://api.openai.com/v1", "", "your private network"),
        ("http://8.8.8.8/v1", "", "your private network"),
        ("http://me:secret@127.0.0.1/v1", "", "your private network"),
        ("http://127.0.0.1:9/v1", "", "No model server answers"),
        (OLLAMA, "phi", "no model phi"),
        ("http://127.0.0.1:1234/v1", "", "no model yet"),
    ],
)
async def test_a_server_that_will_not_do(rig: Rig, url: str, model: str, said: str) -> None:
    """Far away, silent, empty, or without that model: told before anything is changed."""
    rig.servers = {OLLAMA: ("llama",), "http://127.0.0.1:1234/v1": ()}
    with pytest.raises(ModelError, match=said) as refused:
        await rig.models.use(LocalChoice(model, url))
    assert "secret" not in refused.value.sentence("en")
    assert rig.made == [LocalChoice()]


async def test_own_folders_stay_on_the_list(rig: Rig, tmp_path: Path) -> None:
    """A folder that was used can be chosen again, and be taken off without being deleted."""
    folder = str(_own(tmp_path / "mine"))
    await rig.models.use_folder(folder)
    await rig.switched()
    with pytest.raises(ModelError, match="is in use"):
        await rig.models.remove(folder)
    await rig.models.use(LocalChoice("builtin"))
    await rig.switched()
    here = (await rig.models.overview()).here
    assert [(model.name, model.kind) for model in here] == [
        ("builtin", "builtin"),
        (folder, "folder"),
    ]
    await rig.models.remove(folder)
    assert known_folders(rig.data) == []
    assert (Path(folder) / "genai_config.json").is_file()


async def test_removing_deletes_and_a_note_for_later_gives_way(rig: Rig) -> None:
    """What the command has chosen for the next start must not be looked for in vain."""
    folder = _downloaded(rig.data, "phi")
    keep_choice(rig.data, LocalChoice("phi"))
    await rig.models.remove("phi")
    assert not folder.exists()
    assert kept_choice(rig.data) == LocalChoice()
    for name in ("phi", "builtin", ".."):
        with pytest.raises(ModelError):
            await rig.models.remove(name)


async def test_the_model_in_use_is_not_removed_under_another_name(rig: Rig) -> None:
    """Foundry's name of the variant is the same model."""
    folder = _downloaded(rig.data, "phi")
    await rig.models.use(LocalChoice("phi"))
    await rig.switched()
    with pytest.raises(ModelError, match="is in use"):
        await rig.models.remove("phi-generic-cpu")
    assert folder.exists()


async def test_two_clicks_start_one_download(rig: Rig) -> None:
    """Another model has to wait, and what is being fetched cannot be removed."""
    rig.models.download("tiny")
    rig.models.download("Tiny")
    with pytest.raises(ModelError, match="tiny is being downloaded"):
        rig.models.download("phi")
    with pytest.raises(ModelError, match="cancel that first"):
        await rig.models.remove("tiny")
    rig.catalog.go_on.set()
    await rig.fetched()
    assert rig.catalog.fetched == ["tiny"]
    download = (await rig.models.overview()).download
    assert download
    assert download.progress == Progress(40.0)
    assert download.error is None


async def test_a_cancelled_download_says_that_it_can_go_on(rig: Rig) -> None:
    """However the process took its end, and also when it has hardly begun."""
    rig.models.download("tiny")
    rig.models.cancel()
    await rig.fetched()
    download = (await rig.models.overview()).download
    assert download
    assert download.error
    assert download.error.text_key == "error.download_cancelled"
    rig.models.cancel()


@pytest.mark.parametrize(
    ("failure", "key"),
    [
        (ModelError("error.model_disk", model="t", needed="9", free="1"), "error.model_disk"),
        (RuntimeError("anything"), "error.download_failed"),
    ],
)
async def test_a_failed_download_says_why(rig: Rig, failure: Exception, key: str) -> None:
    """One sentence, and the next try is possible."""
    rig.catalog.error = failure
    rig.catalog.go_on.set()
    rig.models.download("tiny")
    await rig.fetched()
    download = (await rig.models.overview()).download
    assert download
    assert download.error
    assert download.error.text_key == key
    rig.catalog.error = None
    rig.models.download("tiny")
    await rig.fetched()
    assert rig.catalog.fetched == ["tiny", "tiny"]


async def test_the_catalog_is_asked_once_and_the_disk_each_time(rig: Rig) -> None:
    """Two pages at once ask once; what has come or gone since is still seen."""
    await asyncio.gather(rig.models.offers(), rig.models.offers())
    folder = _downloaded(rig.data, "tiny")
    assert (await rig.models.offers())[0].here
    shutil.rmtree(folder)
    assert not (await rig.models.offers())[0].here
    assert rig.catalog.asked == 1


async def test_a_catalog_out_of_reach_is_asked_again(rig: Rig) -> None:
    """No network now does not mean none later."""
    rig.catalog.error = ModelError("error.catalog_offline")
    with pytest.raises(ModelError):
        await rig.models.offers()
    rig.catalog.error = None
    assert [offer.alias for offer in await rig.models.offers()] == ["tiny"]


async def test_ending_the_program_ends_what_runs(rig: Rig) -> None:
    """A download and an exchange that hang hold up nothing."""
    rig.held = asyncio.Event()
    _downloaded(rig.data, "phi")
    await rig.models.use(LocalChoice("phi"))
    rig.models.download("tiny")
    await rig.models.aclose()
    download = (await rig.models.overview()).download
    assert download
    assert not download.running
    assert rig.local.choice == LocalChoice()
