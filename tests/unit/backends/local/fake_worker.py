"""A worker without a model: does what the newest message tells it to.

Speaks over the same pipes as the real one. The model's name decides how loading
goes: ``fine``, ``crashes``, ``missing``, ``silent``. A prompt is a list of words:
``say:x`` streams a piece, ``crash`` ends the process, ``hang`` stays silent and
deaf, ``endless`` streams until cancelled, ``garbage`` breaks the protocol,
``reject`` answers with an error, ``env:NAME`` streams a variable, ``pid`` the
process's number.
"""

from __future__ import annotations

import itertools
import os
import sys
import threading

from services.backends.local import protocol
from services.backends.local.worker import Inbox


def send(frame: protocol.Frame) -> None:
    """Write one frame."""
    os.write(1, protocol.encode(frame))


def act(number: int, words: list[str], inbox: Inbox) -> None:
    """Do what ``words`` say and finish."""
    produced = 0
    for word in words:
        name, _, value = word.partition(":")
        match name:
            case "say":
                send(protocol.Piece(number, value))
                produced += 1
            case "crash":
                os._exit(7)
            case "hang":
                threading.Event().wait()
            case "garbage":
                os.write(1, b"Segmentation fault\n")
            case "reject":
                send(protocol.Failed(number, "BackendRejected", "error.local_too_long"))
                return
            case "env":
                send(protocol.Piece(number, os.environ.get(value, "unset")))
            case "pid":
                send(protocol.Piece(number, str(os.getpid())))
            case "endless":
                for count in itertools.count():
                    if inbox.cancelled(number):
                        send(protocol.Done(number, protocol.CANCELLED, 1, count))
                        return
                    send(protocol.Piece(number, "."))
    send(protocol.Done(number, "stop", 1, produced))


def main() -> None:
    """Load as the model's name says, then serve."""
    inbox = Inbox(0)
    threading.Thread(target=inbox.listen, daemon=True).start()
    load = inbox.get()
    assert isinstance(load, protocol.Load)
    if load.name == "crashes":
        os._exit(9)
    if load.name == "missing":
        send(
            protocol.Failed(
                None, "BackendUnavailable", "error.local_model_missing", {"folder": "x"}
            )
        )
        sys.exit(1)
    if load.name == "silent":
        threading.Event().wait()
    send(protocol.Ready(load.name, 2048, "fake"))
    while True:
        frame = inbox.get()
        if isinstance(frame, protocol.Generate):
            act(frame.id, frame.messages[-1][1].split(), inbox)


if __name__ == "__main__":
    main()
