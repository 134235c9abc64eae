"""What the window shows until the chat is there, and if it never comes."""

from __future__ import annotations

from html import escape

DARK, LIGHT = "#141a1a", "#ffffff"
_PAGE = """<!doctype html>
<html lang="{language}"><head><meta charset="utf-8"><title>Nearside</title><style>
  :root {{ color-scheme: light dark; }}
  html, body {{ height: 100%; margin: 0; }}
  body {{ display: flex; flex-direction: column; align-items: center; justify-content: center;
    gap: 20px; background: {light}; color: #4c5a59; font: 15px/1.5 system-ui, sans-serif; }}
  svg {{ width: 72px; height: 72px; }}
  p {{ margin: 0; max-width: 34em; padding: 0 24px; text-align: center; }}
  /* Few frames: on a computer that draws without a graphics processor, a smooth animation would
     take the time that the start needs. */
  .busy svg {{ animation: breathe 2.4s steps(2, jump-none) infinite alternate; }}
  @keyframes breathe {{ to {{ opacity: .6; }} }}
  @media (prefers-color-scheme: dark) {{ body {{ background: {dark}; color: #a9b8b6; }} }}
  @media (prefers-reduced-motion: reduce) {{ .busy svg {{ animation: none; }} }}
</style></head><body class="{state}">{picture}<p role="status">{sentence}</p></body></html>"""


def page(sentence: str, language: str, picture: str, *, busy: bool) -> str:
    """A page with ``picture`` (SVG) and ``sentence``, light or dark as the system."""
    return _PAGE.format(
        language=language,
        light=LIGHT,
        dark=DARK,
        state="busy" if busy else "still",
        picture=picture,
        sentence=escape(sentence),
    )
