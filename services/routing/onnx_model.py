"""Opens a small model of ours: verified, on one thread, without telemetry."""

from __future__ import annotations

from pathlib import Path

import onnxruntime  # type: ignore[import-untyped]  # ships no types

from services.errors import ModelDamaged
from services.integrity import first_damaged


def open_model(directory: Path) -> onnxruntime.InferenceSession:
    """``model.onnx`` in ``directory``, after its files were compared with ``SHA256SUMS``.

    It runs on the calling thread alone, so that the streams of other conversations
    keep their cores. Safe in several threads at once.

    Raises:
        ModelDamaged: a file is missing or is not the one that was made.
    """
    if file := first_damaged(directory):
        raise ModelDamaged(folder=directory.name, file=file)
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
