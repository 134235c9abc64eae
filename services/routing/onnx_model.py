"""Opens a small model of ours: verified, on one thread, without telemetry."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from services.errors import ModelDamaged
from services.integrity import first_damaged
from services.telemetry import TELEMETRY_OFF

if TYPE_CHECKING:
    from onnxruntime import InferenceSession  # type: ignore[import-untyped]  # ships no types


def open_model(directory: Path) -> InferenceSession:
    """``model.onnx`` in ``directory``, after its files were compared with ``SHA256SUMS``.

    It runs on the calling thread alone, so that the streams of other conversations
    keep their cores. Safe in several threads at once.

    Raises:
        ModelDamaged: a file is missing or is not the one that was made.
    """
    if file := first_damaged(directory):
        raise ModelDamaged(folder=directory.name, file=file)
    os.environ.update(TELEMETRY_OFF)
    import onnxruntime  # not above: its import already reads the switch

    onnxruntime.disable_telemetry_events()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(
            str(directory / "model.onnx"), options, providers=["CPUExecutionProvider"]
        )
    except Exception as failure:  # whatever the runtime raises, the file is no use
        raise ModelDamaged(folder=directory.name, file="model.onnx") from failure
