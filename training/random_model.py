"""A model of half a billion parameters' make with random weights, to measure engines on.

``python -m training.random_model FOLDER`` writes an ONNX Runtime GenAI directory
that is as fast, as large and as long in its window as Qwen2.5-0.5B, and talks
nonsense: what the weights are changes no time. The shape is Qwen2.5-0.5B's
(https://huggingface.co/Qwen/Qwen2.5-0.5B/blob/main/config.json) with the
built-in model's tokenizer of 4,096 pieces instead of 151,936, which leaves
0.36 billion parameters.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from pathlib import Path

import torch
from transformers import Qwen2Config, Qwen2ForCausalLM

from training.export import export

TOKENIZER = Path(__file__).parents[1] / "models" / "builtin"
TOKENIZER_FILES = ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja")
VOCABULARY = 4096
WINDOW = 32768


def make_random_model(seed: int) -> Qwen2ForCausalLM:
    """The shape of Qwen2.5-0.5B with weights drawn from ``seed``.

    The end of a turn is a token that the tokenizer never makes, so that an
    answer is as long as the measurement asks for.
    """
    torch.manual_seed(seed)
    config = Qwen2Config(
        vocab_size=VOCABULARY,
        hidden_size=896,
        intermediate_size=4864,
        num_hidden_layers=24,
        num_attention_heads=14,
        num_key_value_heads=2,
        max_position_embeddings=WINDOW,
        rope_theta=1_000_000.0,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=2,
        pad_token_id=0,
    )
    return Qwen2ForCausalLM(config)


def write(folder: Path, seed: int) -> None:
    """Write the quantised model to ``folder``."""
    model = make_random_model(seed)
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
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    write(options.folder, options.seed)


if __name__ == "__main__":
    main()
