"""Modules that the framework would import at the start and that nothing here uses.

They cost two to four of the eight seconds that a start takes on two slow cores.
"""

from __future__ import annotations

import sys
from types import ModuleType

OPTIONAL = ("rfc3987_syntax", "pandas")
"""Taken by libraries (jsonschema, Traceloop) where JupyterLab has brought them along;
those libraries do without where they are not installed, as on most computers."""


class _Traceloop:
    """Stands for the entrance of Traceloop, which sends traces to an observability service.

    Chainlit imports the client of that service (Literal AI) for the names of some types.
    Its client is made only with a key for the service, which Nearside never gives.
    """


def leave_out() -> None:
    """Keep them from being imported; to be called before Chainlit is.

    What is imported already stays.
    """
    for name in OPTIONAL:
        sys.modules.setdefault(name, None)  # type: ignore[arg-type]  # as Python documents it
    if "traceloop" not in sys.modules:
        package, sdk = ModuleType("traceloop"), ModuleType("traceloop.sdk")
        package.sdk, sdk.Traceloop = sdk, _Traceloop  # type: ignore[attr-defined]
        sys.modules |= {"traceloop": package, "traceloop.sdk": sdk}
