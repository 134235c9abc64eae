"""Switches that keep Chromium, as a web view or a browser, from calling home."""

from __future__ import annotations

SWITCHES = (
    "--disable-background-networking",
    "--disable-breakpad",
    "--disable-client-side-phishing-detection",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-domain-reliability",
    "--disable-quic",
    "--disable-sync",
    "--disable-features=AutofillServerCommunication,CertificateTransparencyComponentUpdater,"
    "MediaRouter,OptimizationHints,Translate",
    "--dns-prefetch-disable",
    "--metrics-recording-only",
    "--no-pings",
)
"""Understood by every Chromium; one that does not know a switch passes over it."""

NOBODY_BUT_US = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost"
"""No host but this computer can be found. For the web view, whose links open in the
person's own browser; a browser as our window needs its links to work."""


def root_switches(user: int | None) -> tuple[str, ...]:
    """Chromium's sandbox does not start for root (``user`` 0), and for root alone it is off."""
    return ("--no-sandbox",) if user == 0 else ()
