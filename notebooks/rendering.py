"""An executed notebook as one page that loads nothing from anywhere."""

from __future__ import annotations

from copy import copy
from html import escape
from pathlib import Path
from typing import Any

from nbconvert import HTMLExporter
from traitlets.config import Config

_STYLE = """
body { font: 16px/1.6 system-ui, sans-serif; color: #333a41; background: #fff; margin: 0 auto;
       max-width: 60rem; padding: 2rem 1.2rem 4rem; }
h1, h2, h3 { line-height: 1.25; color: #23292f; } h2 { margin-top: 2.4em; }
.anchor-link, .prompt { display: none; }
.highlight pre, .output_text pre { font: 13px/1.5 ui-monospace, monospace; overflow-x: auto;
       margin: .4em 0; padding: .7em .9em; border-radius: 6px; white-space: pre-wrap; }
.highlight pre { background: #f6f8f9; border-left: 3px solid #2f7f86; }
.output_text pre { background: none; padding: 0 .9em; color: #4b535b; }
.output_subarea { overflow-x: auto; }
table { border-collapse: collapse; border: 0; font-size: 13px; margin: .6em 0; }
table th, table td { padding: .3em .8em; text-align: left !important; border: 0;
       border-bottom: 1px solid #e9ecef; }
table thead th { border-bottom: 2px solid #b9c0c7; }
img { max-width: 100%; } code { font-size: .9em; } a { color: #2f7f86; }
details { border-left: 3px solid #b9c0c7; padding-left: 1em; }
"""

_SHOWN = ["text/html", "text/markdown", "image/png", "text/plain"]
"""What is shown of an output, the best first; a widget needs a running kernel."""


def render(notebook: Any, path: Path, title: str) -> None:
    """Write the executed ``notebook`` to ``path`` as HTML, pictures included."""
    exporter = HTMLExporter(
        template_name="basic",
        config=Config(
            {
                "NbConvertBase": {"display_data_priority": _SHOWN},
                "CoalesceStreamsPreprocessor": {"enabled": True},
            }
        ),
    )
    shown = copy(notebook)
    # The state of widgets is of no use without a kernel.
    shown.metadata = {k: v for k, v in notebook.metadata.items() if k != "widgets"}
    body, resources = exporter.from_notebook_node(shown)
    colours = "\n".join(resources["inlining"]["css"])
    head = f'<meta charset="utf-8"><title>{escape(title)}</title>'
    path.parent.mkdir(parents=True, exist_ok=True)
    page = f'<!doctype html><html lang="en"><head>{head}<style>{colours}{_STYLE}</style></head>'
    path.write_text(f"{page}<body>{body}</body></html>\n", "utf-8")
