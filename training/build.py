"""The whole pipeline by one command: ``python -m training.build``.

Corpus -> tokenizer -> training -> export to ``models/builtin`` -> evaluation of
the export and of an unquantised one beside it. Everything is seeded; a run that
was interrupted goes on from its last checkpoint.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

from training import train
from training.export import export

TOKENIZER_FILES = ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja")
ROOT = Path(__file__).parent.parent


def main() -> None:
    """Train, export, evaluate; options are those of ``training.train`` and ``--out``."""
    parser = train.parser()
    parser.add_argument("--out", type=Path, default=ROOT / "models" / "builtin")
    parser.add_argument("--precision", choices=("int8", "int4"), default="int8")
    arguments = parser.parse_args()
    train.train(arguments)
    last = arguments.work / "last"
    for name in TOKENIZER_FILES:
        shutil.copyfile(arguments.work / name, last / name)
    export(last, arguments.out, arguments.precision)
    export(last, arguments.work / "fp32", "fp32")
    command = [sys.executable, "-m", "training.evaluate", str(arguments.out)]
    command += ["--against", str(arguments.work / "fp32")]
    command += ["--failures", str(arguments.work / "failures.jsonl")]
    for name in ("intents", "exams"):
        if folder := getattr(arguments, name):
            command += [f"--{name}", str(folder)]
    report = subprocess.run(command, check=True, capture_output=True, text=True).stdout  # noqa: S603
    (arguments.work / "report.json").write_text(report, "utf-8")
    print(json.dumps(json.loads(report), indent=1, ensure_ascii=False))


if __name__ == "__main__":
    main()
