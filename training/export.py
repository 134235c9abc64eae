"""Weights -> an ONNX Runtime GenAI directory with checksums."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from training.tokenizer import settle_tokenizer

QUANTISATION = ("int4_accuracy_level=4", "int4_block_size=32")
"""Options of the builder: activations in int8, which is the fast way on processors."""

CHECKSUMS = "SHA256SUMS"
CARD = "README.md"
SHIPPED = (
    "genai_config.json",
    "model.onnx",
    "model.onnx.data",
    "tokenizer.json",
    "tokenizer_config.json",
    "chat_template.jinja",
)
"""What the runtimes need; all else that the builder writes is left behind."""


def export(checkpoint: Path, out: Path, precision: str) -> None:
    """Write ``checkpoint`` (a Hugging Face directory) to ``out``.

    ``precision`` is the builder's: ``int8`` and ``int4`` quantise weights in
    blocks of 32, ``fp32`` keeps them and serves as the yardstick.
    """
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        built = Path(scratch) / "built"
        command = [sys.executable, "-m", "onnxruntime_genai.models.builder"]
        command += ["-i", str(checkpoint), "-o", str(built), "-p", precision, "-e", "cpu"]
        command += ["-c", str(Path(scratch) / "cache")]
        if precision != "fp32":
            command += ["--extra_options", *QUANTISATION]
        subprocess.run(command, check=True)  # noqa: S603  our own interpreter and paths
        for name in SHIPPED:
            if (built / name).is_file():
                shutil.copyfile(built / name, out / name)
    settle_tokenizer(out)
    _settle_generation(out / "genai_config.json")
    write_checksums(out)


def _settle_generation(path: Path) -> None:
    """Greedy by default: a guide that repeats facts must not roll dice."""
    config = json.loads(path.read_text("utf-8"))
    config["search"].update(do_sample=False, temperature=1.0, top_k=1, top_p=1.0)
    path.write_text(json.dumps(config, indent=1) + "\n", "utf-8")


def write_checksums(folder: Path) -> None:
    """Write ``SHA256SUMS`` over all other files but the card, as ``sha256sum`` does.

    The card is text for people: correcting it must not make the model unloadable.
    """
    lines = [
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n"
        for path in sorted(folder.iterdir())
        if path.is_file() and path.name not in (CHECKSUMS, CARD)
    ]
    (folder / CHECKSUMS).write_text("".join(lines), "utf-8")
