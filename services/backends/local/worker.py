"""The worker process: loads one model and answers prompts from a pipe.

Started as ``python -m services.backends.local.worker``. Reads frames from
standard input and writes frames to what was standard output; the real standard
output and error go nowhere, because native libraries print to them.

The main thread does all native work. A second one reads the pipe, so that a
cancellation is noticed in mid-answer, and ends the process when the pipe
closes: the application has gone.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import queue
import signal
import sys
import threading
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path

from services.backends.local import protocol
from services.backends.local.choice import choose_runtime
from services.backends.local.fitting import fit
from services.backends.local.foundry_cache import find_downloaded
from services.backends.local.integrity import verify
from services.backends.local.runtime import DEFAULT_MAX_TOKENS, Outcome, Runtime, Sampling, Sure
from services.backends.local.seal import close_network
from services.errors import BackendError, BackendUnavailable
from services.window import essential, was_shortened

_MERGE_SECONDS = 0.1
"""Pieces that come faster than this share a frame: thousands of frames a second
would cost the application more than the model, and every frame takes a core from
those that compute. Ten a second look fluent. The first goes out at once."""
_BEAT_SECONDS = 1.0
_PR_SET_PDEATHSIG = 1


class Inbox:
    """The frames that came, and which prompts were cancelled meanwhile."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._frames: queue.SimpleQueue[protocol.Frame] = queue.SimpleQueue()
        self._cancelled: set[int] = set()
        self._listener: Callable[[], None] | None = None
        self._listening = threading.Lock()

    def listen(self) -> None:
        """Read until the pipe closes, then end the process at once."""
        lines = protocol.LineBuffer()
        try:
            while data := os.read(self._descriptor, 1 << 16):
                for line in lines.feed(data):
                    frame = protocol.decode(line)
                    if isinstance(frame, protocol.Cancel):
                        self._cancelled.add(frame.id)
                    else:
                        self._frames.put(frame)
                    with self._listening:
                        if self._listener is not None:
                            self._listener()
        finally:
            os._exit(0)

    def tell(self, listener: Callable[[], None] | None) -> None:
        """Call ``listener`` behind every frame that comes; see :class:`.watch.Interruption`."""
        with self._listening:
            self._listener = listener

    def get(self) -> protocol.Frame:
        """Wait for the next frame."""
        return self._frames.get()

    def waiting(self) -> bool:
        """Whether another prompt has come."""
        return not self._frames.empty()

    def cancelled(self, prompt: int) -> bool:
        """Whether the answer to ``prompt`` is no longer wanted."""
        return prompt in self._cancelled

    def forget(self, prompt: int) -> None:
        """Note that ``prompt`` is over."""
        self._cancelled.discard(prompt)


@dataclass(frozen=True, slots=True)
class Unwanted:
    """Whether what came says that work is no longer wanted: an :class:`.watch.Interruption`."""

    asked: Callable[[], bool]
    tell: Callable[[Callable[[], None] | None], None]

    def __call__(self) -> bool:
        """Whether that is so by now."""
        return self.asked()


def answer(
    runtime: Runtime,
    request: protocol.Generate,
    inbox: Inbox,
    send: Callable[[protocol.Frame], None],
) -> None:
    """Answer one prompt; ends in ``Done`` or ``Failed``."""
    sampling = Sampling(
        request.max_tokens,
        request.temperature,
        request.top_p,
        request.stop,
        request.seed,
        request.look,
    )
    window = runtime.context_window
    room = window - min(sampling.max_tokens or DEFAULT_MAX_TOKENS, window // 4)
    conversation = request.conversation()
    try:
        if request.context_tokens is not None:
            least = runtime.count(essential(conversation))
            room = min(room, max(request.context_tokens, least))
        messages, dropped = fit(conversation, room, runtime.count)
        unwanted = Unwanted(lambda: inbox.cancelled(request.id), inbox.tell)
        pieces = runtime.generate(messages, sampling, unwanted)
        outcome = _stream(pieces, request.id, send)
        send(
            protocol.Done(
                request.id,
                outcome.reason or protocol.CANCELLED,
                outcome.prompt_tokens,
                outcome.completion_tokens,
                dropped,
                outcome.confidence,
                was_shortened(conversation, messages),
            )
        )
    except BackendError as error:
        send(failure(request.id, error))
    finally:
        inbox.forget(request.id)


def _stream(
    pieces: Generator[str | Sure, None, Outcome],
    prompt: int,
    send: Callable[[protocol.Frame], None],
) -> Outcome:
    """Send the pieces as they come, merging only those that come very fast."""
    held, sent, alive = "", 0.0, time.monotonic()
    confidence: float | None = None
    while True:
        try:
            piece = next(pieces)
        except StopIteration as stop:
            if held:
                send(protocol.Piece(prompt, held, confidence))
            outcome: Outcome = stop.value
            return outcome
        if isinstance(piece, Sure):
            confidence = piece.confidence
            continue
        held += piece
        now = time.monotonic()
        if held and (now - sent >= _MERGE_SECONDS or confidence is not None):
            send(protocol.Piece(prompt, held, confidence))
            held, sent, alive, confidence = "", now, now, None
        elif now - alive >= _BEAT_SECONDS:
            send(protocol.Beat(prompt))
            alive = now


def load(request: protocol.Load) -> Runtime:
    """Load the model; imports only the native library that it needs.

    Raises:
        BackendUnavailable: the model is missing, damaged or cannot be loaded.
    """
    if request.directory is None:
        found = find_downloaded(request.name, Path(request.downloads))
        if found is None:
            raise BackendUnavailable("error.local_model_not_downloaded", model=request.name)
        directory = found
    else:
        directory = Path(request.directory)
    if not (directory / "genai_config.json").is_file():
        raise BackendUnavailable("error.local_model_missing", folder=directory.name)
    if request.verified:
        verify(directory)
    if choose_runtime(directory, request.runtime) == "foundry":
        # Where the SDK keeps a device identifier and its notes about processes.
        os.environ["XDG_CACHE_HOME"] = str(Path(request.app_data) / "cache")
        from services.backends.local.foundry_runtime import FoundryRuntime

        return FoundryRuntime(directory, Path(request.app_data))
    from services.backends.local.onnx_runtime import OnnxRuntime

    return OnnxRuntime(directory, request.cache_bytes, request.threads)


def failure(prompt: int | None, error: BackendError) -> protocol.Failed:
    """The frame for ``error``."""
    return protocol.Failed(prompt, type(error).__name__, error.text_key, error.values)


def serve(
    inbox: Inbox,
    send: Callable[[protocol.Frame], None],
    loader: Callable[[protocol.Load], Runtime],
) -> int:
    """Load, then answer prompts for ever; returns the exit status of a failure."""
    request = inbox.get()
    if not isinstance(request, protocol.Load):
        return 2
    try:
        runtime = loader(request)
        window = runtime.context_window
    except BackendError as error:
        send(failure(None, error))
        return 1
    send(protocol.Ready(request.name, window, runtime.name))
    while True:
        frame = inbox.get()
        if isinstance(frame, protocol.Generate):
            answer(runtime, frame, inbox, send)
            if not inbox.waiting():
                runtime.settle(Unwanted(inbox.waiting, inbox.tell))


def die_with_parent(parent: int) -> None:
    """On Linux, let the kernel end us with our parent, even in native code."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(0)


def main(loader: Callable[[protocol.Load], Runtime] = load) -> int:
    """Take over the pipes and serve the model that ``loader`` loads."""
    die_with_parent(os.getppid())
    close_network()  # where it is not possible, the libraries' own switches are all there is
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the application's to handle
    frames_in, frames_out = os.dup(0), os.dup(1)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nowhere, standard)
    inbox = Inbox(frames_in)
    threading.Thread(target=inbox.listen, daemon=True).start()

    def send(frame: protocol.Frame) -> None:
        data = memoryview(protocol.encode(frame))
        while data:
            data = data[os.write(frames_out, data) :]

    with contextlib.suppress(BrokenPipeError):
        return serve(inbox, send, loader)
    return 0


if __name__ == "__main__":
    sys.exit(main())
