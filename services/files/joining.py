"""One text of a message and its files: what models, checks and the gate are given."""

from __future__ import annotations

import re
from collections.abc import Iterable

from services.attachment import Attachment, FileSpan

_CODE = re.compile(r"(?=[^\W_]*\d)(?=[^\W_]*[^\W\d_])[^\W_]{16,}")
"""A word of letters and digits as long as the shortest keys."""
_JOINT = re.compile(
    r"_+|(?<=[^\W\d_])-+(?=[^\W\d_])"
    r"|(?<=[a-zà-öø-ÿ])(?=[A-ZÀ-ÖØ-Þ])|(?<=[A-ZÀ-ÖØ-Þ])(?=[A-ZÀ-ÖØ-Þ][a-zà-öø-ÿ])"
)
"""What stands between words in a file's name: ``Befund_Anna-Schmidt``, ``CVAnnaSchmidt``."""


def readable(name: str) -> str:
    """A file's name with its words apart, as the privacy check reads words.

    A name that holds something like a key stays as it is: taken apart, the key would
    not be recognised. What a model is given is this very form, so that nothing else
    of the name can leave.
    """
    name = name.replace('"', "'")
    return name if _CODE.search(name) else " ".join(_JOINT.sub(" ", name).split())


def joined(text: str, files: Iterable[Attachment]) -> tuple[str, tuple[FileSpan, ...]]:
    """``text`` with the files below it, each under its name, and where each stands.

    The wording was chosen by trial: under this one the privacy check tells names of
    persons from words such as "Quarterly Report" best.
    """
    pieces, spans, length = [text], [], len(text)
    for file in files:
        gap = "\n\n" if length else ""
        block = f'Attached file "{readable(file.name)}":\n{file.text.rstrip()}\n(End of the file.)'
        start = length + len(gap)
        spans.append(FileSpan(file.name, start, start + len(block)))
        pieces += [gap, block]
        length = start + len(block)
    return "".join(pieces), tuple(spans)
