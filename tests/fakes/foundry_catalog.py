"""Foundry Local's catalog, model registry and blob store, served on loopback.

The SDK asks the catalog at an address that can be set, the registry always at
``https://<region>.api.azureml.ms``, and the blob store wherever the registry
says. So this is also the HTTPS proxy that leads the registry's name to here,
with a certificate that only the process under test trusts. What is written
here is what foundry-local-sdk 2.2.1 was seen to ask for.
"""

from __future__ import annotations

import json
import ssl
import sys
import threading
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

REGISTRY = "centralus.api.azureml.ms"
_MOMENT = "Fri, 21 Nov 2025 05:00:00 GMT"


class FoundryStub:
    """A catalog with one model, ``tiny``, whose files are ``files``.

    ``hold`` is waited for before the bytes of every blob but its first piece.
    ``ranges`` notes the pieces that were served; the file ``gone`` is listed
    but not there. ``size`` is the size that the
    catalog tells, in bytes.
    """

    def __init__(self, folder: Path, files: Mapping[str, bytes], size: int = 5 << 20) -> None:
        self.files = dict(files)
        self.size = size
        self.hold = threading.Event()
        self.hold.set()
        self.ranges: list[tuple[str, int]] = []
        self.gone = ""
        self.certificate = folder / "authority.pem"
        self._context = _context(folder, self.certificate)
        self._server = _Server(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.01}
        )

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *reason: object) -> None:
        self.hold.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def place(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def catalog_url(self) -> str:
        """The catalog's address."""
        return f"{self.place}/asset-gallery/v1.0/models"

    @property
    def environ(self) -> dict[str, str]:
        """What leads the program to this catalog, and the registry's name to here."""
        return {
            "NEARSIDE_CATALOG_URL": self.catalog_url,
            "HTTPS_PROXY": self.place,
            "SSL_CERT_FILE": str(self.certificate),
        }

    def summary(self) -> dict[str, Any]:
        """The model, in the catalog's words."""
        asset = "azureml://registries/azureml/models/tiny-generic-cpu/versions/2"
        data = {"inferenceTasks": ["chat-completion"], "license": "MIT", "displayName": "tiny"}
        metadata = {
            "modelType": "ONNX",
            "device": "cpu",
            "executionProvider": "CPUExecutionProvider",
            "fileSizeBytes": self.size,
        }
        parents = [{"assetId": "azureml://registries/azureml/models/tiny/versions/1"}]
        return {
            "assetId": asset,
            "entityId": asset,
            "entityResourceName": "azureml",
            "name": "tiny-generic-cpu",
            "displayName": "tiny-generic-cpu",
            "version": "2",
            "publisher": "Somebody",
            "annotations": {
                "tags": {"alias": "tiny", "license": "MIT"},
                "systemCatalogData": {**data, "publisher": "Somebody"},
            },
            "properties": {
                "name": "tiny-generic-cpu",
                "id": "tiny",
                "version": 2,
                "creationContext": {"createdTime": "2026-01-02T03:04:05Z"},
                "variantInformation": {"parents": parents, "variantMetadata": metadata},
                "variantInfo": {"parents": parents, "variantMetadata": metadata},
            },
        }

    def listing(self) -> bytes:
        """The blob store's list of files."""
        blobs = "".join(
            f"<Blob><Name>{name}</Name><Properties><Creation-Time>{_MOMENT}</Creation-Time>"
            f"<Last-Modified>{_MOMENT}</Last-Modified><Etag>0x1</Etag>"
            f"<Content-Length>{len(content)}</Content-Length><BlobType>BlockBlob</BlobType>"
            "</Properties></Blob>"
            for name, content in self.files.items()
        )
        head = '<?xml version="1.0" encoding="utf-8"?><EnumerationResults ContainerName="box">'
        return f"{head}<Blobs>{blobs}</Blobs><NextMarker/></EnumerationResults>".encode()


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """A client that cancelled is none."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


def _context(folder: Path, certificate: Path) -> ssl.SSLContext:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, REGISTRY)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(REGISTRY)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private = folder / "key.pem"
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, private)
    return context


def _handler(stub: FoundryStub) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self._answer(json.dumps({"summaries": [stub.summary()]}).encode())

        def do_CONNECT(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.close_connection = True
            if not self.path.startswith(REGISTRY):
                return
            where = json.dumps({"blobSasUri": f"{stub.place}/store/box?sig=x"}).encode()
            with stub._context.wrap_socket(self.connection, server_side=True) as secure:
                secure.recv(65536)
                head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(where)}\r\n\r\n"
                secure.sendall(head.encode() + where)

        def do_HEAD(self) -> None:
            self.do_GET()

        def do_GET(self) -> None:
            if "comp=list" in self.path:
                self._answer(stub.listing(), headers={"Content-Type": "application/xml"})
                return
            name = urlsplit(self.path).path.removeprefix("/store/box/")
            if name == stub.gone:
                self._answer(b"", 404)
                return
            content = stub.files[name]
            start, end = 0, len(content) - 1
            if wanted := self.headers.get("x-ms-range"):
                first, _, last = wanted.removeprefix("bytes=").partition("-")
                start, end = int(first), min(int(last or end), end)
                if start:
                    stub.hold.wait(30)
                stub.ranges.append((name, start))
            self._answer(
                content[start : end + 1],
                206 if wanted else 200,
                {
                    "Content-Range": f"bytes {start}-{end}/{len(content)}",
                    "Content-Type": "application/octet-stream",
                    "ETag": "0x1",
                    "Last-Modified": _MOMENT,
                    "x-ms-creation-time": _MOMENT,
                    "x-ms-blob-type": "BlockBlob",
                    "x-ms-server-encrypted": "true",
                },
            )

        def _answer(
            self, body: bytes, status: int = 200, headers: Mapping[str, str] | None = None
        ) -> None:
            self.send_response(status)
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Nothing: the test's output stays readable."""

    return Handler
