"""A model of half a billion parameters' make with random weights, to measure engines on.

``python -m training.random_model FOLDER`` writes an ONNX Runtime GenAI directory
that is as fast and as large as a real model of its shape, and talks nonsense: what
the weights are changes no time. ``--shape`` is one of

* ``qwen``: Qwen2.5-0.5B
  (https://huggingface.co/Qwen/Qwen2.5-0.5B/blob/main/config.json), 0.36 billion
  parameters without its large vocabulary. Small models spend much on attention: a
  third of the work for a token with 2,300 before it.
* ``llama``: Llama-3.2-1B with half of its sixteen layers
  (https://huggingface.co/meta-llama/Llama-3.2-1B/blob/main/config.json), 0.49
  billion. Its balance of attention and the rest is nearer to that of the models that
  people use, of a billion parameters and more.

Both have the built-in model's tokenizer of 4,096 pieces.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from pathlib import Path

import torch
from transformers import (
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedConfig,
    PreTrainedModel,
    Qwen2Config,
    Qwen2ForCausalLM,
)

from training.export import export

TOKENIZER = Path(__file__).parents[1] / "models" / "builtin"
TOKENIZER_FILES = ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja")
VOCABULARY = 4096
WINDOW = 32768
SHAPES: dict[str, tuple[type[PreTrainedModel], PreTrainedConfig]] = {
    "qwen": (
        Qwen2ForCausalLM,
        Qwen2Config(
            hidden_size=896,
            intermediate_size=4864,
            num_hidden_layers=24,
            num_attention_heads=14,
            num_key_value_heads=2,
            rope_theta=1_000_000.0,
        ),
    ),
    "llama": (
        LlamaForCausalLM,
        LlamaConfig(
            hidden_size=2048,
            intermediate_size=8192,
            num_hidden_layers=8,
            num_attention_heads=32,
            num_key_value_heads=8,
            rope_theta=500_000.0,
        ),
    ),
}


def make_random_model(shape: str, seed: int) -> PreTrainedModel:
    """A model of that ``shape`` with weights drawn from ``seed``.

    The end of a turn is a token that the tokenizer never makes, so that an
    answer is as long as the measurement asks for.
    """
    torch.manual_seed(seed)
    kind, config = SHAPES[shape]
    config.update(
        {
            "vocab_size": VOCABULARY,
            "max_position_embeddings": WINDOW,
            "tie_word_embeddings": True,
            "bos_token_id": None,
            "eos_token_id": 2,
            "pad_token_id": 0,
        }
    )
    return kind(config)


def write(folder: Path, shape: str, seed: int) -> None:
    """Write the quantised model to ``folder``."""
    model = make_random_model(shape, seed)
    print(f"{sum(weights.numel() for weights in model.parameters()) / 1e9:.2f} billion parameters")
    with tempfile.TemporaryDirectory() as scratch:
        checkpoint = Path(scratch)
        model.save_pretrained(checkpoint)
        for name in TOKENIZER_FILES:
            shutil.copyfile(TOKENIZER / name, checkpoint / name)
        export(checkpoint, folder, "int4")


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--shape", choices=SHAPES, default="llama")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    write(options.folder, options.shape, options.seed)


if __name__ == "__main__":
    main()
