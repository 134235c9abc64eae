"""The process that speaks with Foundry's native library: one job, then it ends.

Started as ``python -m services.models.foundry_process``. Reads one job, a line
of JSON, from standard input and writes lines of JSON to what was standard
output. When its input closes, a download is cancelled (what has come is kept
for the next try); the process ends for certain a moment later.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from foundry_local_sdk import CatalogType, Configuration, FoundryLocalManager, IModel
from foundry_local_sdk.catalog import Catalog
from foundry_local_sdk.exception import FoundryLocalException

from services.backends.local.worker import die_with_parent
from services.errors import ModelError
from services.models.here import disk_use
from services.models.offer import Offer

CATALOG_HOST = "api.catalog.azureml.ms"
GRACE_SECONDS = 3.0
"""How long the library may take to notice a cancellation."""
SPARE = 1.05
"""More than the catalog's size is needed while the last file is put in place."""

Send = Callable[[Mapping[str, Any]], None]


def run(job: Mapping[str, Any], send: Send, cancelled: threading.Event) -> None:
    """Do one job: ``list``, or ``download`` of ``alias``.

    Raises:
        ModelError: the catalog is out of reach, the model unknown, the disk too
            full, or the download failed.
    """
    catalog = _open(job)
    if job["do"] == "list":
        for model in _listed(catalog):
            send({"offer": _offer(model).as_json()})
    else:
        _download(catalog, job["alias"], Path(job["downloads"]), send, cancelled)


def _open(job: Mapping[str, Any]) -> Catalog:
    url = job.get("catalog_url")
    if not job.get("proxy"):
        # Without a network the look-up fails at once; the library would go on
        # trying for seconds. Behind a proxy the name need not be known here.
        try:
            socket.getaddrinfo(urlsplit(url).hostname if url else CATALOG_HOST, 443)
        except OSError:
            raise ModelError("error.catalog_offline") from None
    app_data = Path(job["app_data"])
    app_data.mkdir(parents=True, exist_ok=True)
    # Where the SDK keeps a device identifier and its notes about processes.
    os.environ["XDG_CACHE_HOME"] = str(app_data / "cache")
    try:
        FoundryLocalManager.initialize(
            Configuration(
                app_name="nearside",
                app_data_dir=str(app_data),
                model_cache_dir=job["downloads"],
                logs_dir=str(app_data / "logs"),
                disable_nonessential_telemetry=True,
                catalog_urls=[(url, None)] if url else None,
            )
        )
        if FoundryLocalManager.instance is None:
            raise ModelError("error.model_helper")
        return FoundryLocalManager.instance.get_catalog(CatalogType.PUBLIC)
    except FoundryLocalException:
        raise ModelError("error.model_helper") from None


def _listed(catalog: Catalog) -> list[IModel]:
    """The catalog's models.

    Raises:
        ModelError: it did not answer.
    """
    try:
        models = catalog.list_models()
    except FoundryLocalException:
        raise ModelError("error.catalog_offline") from None
    if not models:  # the library tells an unreachable catalog from an empty one in its log only
        raise ModelError("error.catalog_offline")
    return models


def _offer(model: IModel) -> Offer:
    info = model.info
    device = info.runtime.device_type if info.runtime else None
    return Offer(
        alias=info.alias,
        size_mb=info.file_size_mb,
        licence=info.license or "",
        task=info.task or "",
        device=device.value if device else "",
        here=model.is_cached,
    )


def room_needed(size_mb: float, model_id: str, downloads: Path) -> float:
    """MiB that a download still needs, what has come of it already taken off.

    Foundry's layout: the publisher, then ``name-version`` for the id ``name:version``.
    """
    come = sum(map(disk_use, downloads.glob("*/" + model_id.replace(":", "-"))))
    return max(0.0, size_mb * SPARE - come / 2**20)


def _download(
    catalog: Catalog, alias: str, downloads: Path, send: Send, cancelled: threading.Event
) -> None:
    wanted = alias.lower()
    model = next((m for m in _listed(catalog) if m.info.alias.lower() == wanted), None)
    if model is None:
        raise ModelError("error.catalog_unknown", model=alias)
    size = model.info.file_size_mb
    send({"size_mb": size})
    if model.is_cached:
        return
    downloads.mkdir(parents=True, exist_ok=True)
    needed = room_needed(size or 0, model.info.id, downloads)
    free = shutil.disk_usage(downloads).free / 2**20
    if needed > free:
        raise ModelError(
            "error.model_disk", model=alias, needed=f"{needed:.0f}", free=f"{free:.0f}"
        )
    try:
        model.download(lambda percent: send({"percent": percent}), cancelled)
    except FoundryLocalException:
        if cancelled.is_set():
            raise ModelError("error.download_cancelled", model=alias) from None
        raise ModelError("error.download_failed", model=alias) from None


def main() -> int:
    """Take over the pipes and do the job; returns the exit status."""
    die_with_parent(os.getppid())
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is the command's to handle
    jobs, answers = os.fdopen(os.dup(0), "rb"), os.dup(1)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nowhere, standard)  # native libraries print to them
    job = json.loads(jobs.readline())
    cancelled = threading.Event()

    def watch() -> None:
        jobs.read()
        cancelled.set()
        threading.Timer(GRACE_SECONDS, os._exit, (0,)).start()

    def send(line: Mapping[str, Any]) -> None:
        os.write(answers, json.dumps(line).encode() + b"\n")

    threading.Thread(target=watch, daemon=True).start()
    try:
        run(job, send, cancelled)
        send({"done": True})
    except ModelError as error:
        send({"failed": error.text_key, "values": error.values})
    except BrokenPipeError:
        return 1
    finally:
        if FoundryLocalManager.instance is not None:
            FoundryLocalManager.instance.close()
    return 0


if __name__ == "__main__":
    status = main()
    sys.stdout.flush()
    # A native thread of the library's must not hold up the end.
    os._exit(status)
