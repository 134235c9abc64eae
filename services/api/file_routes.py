"""Attached files: taken in from a tab, and given out again.

What is taken in is read at once, so that a file that cannot be read is refused while
its message is still being written. Files are given out for saving, never for showing:
a web page that somebody attached must not run as one of ours.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import quote

from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from services.api.errors import error_response
from services.api.schema import ReadFile
from services.api.signed_in import not_found, reader_language
from services.errors import FileError, NearsideError
from services.files.limits import MAX_FILE_BYTES
from services.files.uploads import Uploads

_AROUND = 64_000
"""Bytes of a request that are not the file's own."""
_MOST_DRAINED = 20 * MAX_FILE_BYTES
"""Of a file that is too large so much is read and thrown away: browsers do not look at
an answer that comes before they have sent everything."""


@dataclass(frozen=True, slots=True)
class File:
    """A file as it was attached."""

    name: str
    data: bytes


FindFile = Callable[[Request, str, str], Awaitable[File | None]]
"""A file of a conversation by its id, if whoever asks may have it."""
TabOf = Callable[[Request], Awaitable[str | None]]


def file_address(conversation: str, name: str) -> str:
    """Where the file with the id ``name`` is given out."""
    return f"/api/files/{quote(conversation, safe='')}/{quote(name, safe='')}"


def file_routes(read: ReadFile, uploads: Uploads, find: FindFile, tab_of: TabOf) -> list[BaseRoute]:
    """The framework's own address for uploads, and ours for downloads."""

    async def take(request: Request) -> Response:
        tab = await tab_of(request)
        if tab is None:
            return await not_found(request)
        try:
            sent = await _sent(request)
            media_type = (sent.content_type or "").partition(";")[0]
            file = await read(sent.filename or "", media_type, await sent.read())
        except FileError as error:
            # The page shows ``detail`` behind the file's name.
            return JSONResponse({"detail": error.sentence(reader_language(request))}, 400)
        uploads.keep(tab, file)
        return JSONResponse({"id": file.id})

    async def give(request: Request) -> Response:
        wanted = request.path_params
        try:
            file = await find(request, wanted["conversation"], wanted["name"])
        except NearsideError as error:
            return error_response(error, reader_language(request))
        if file is None:
            return await not_found(request)
        headers = {
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(file.name, safe='')}",
            "Content-Security-Policy": "sandbox; default-src 'none'",
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "private, no-store",
        }
        return Response(file.data, media_type="application/octet-stream", headers=headers)

    return [
        Route("/project/file", take, methods=["POST"]),
        Route("/api/files/{conversation}/{name}", give, methods=["GET"]),
    ]


class _InMemory(MultiPartParser):
    """A parser that puts nothing on the disk."""

    spool_max_size = MAX_FILE_BYTES + _AROUND


async def _sent(request: Request) -> UploadFile:
    """The file in a request, read until it is too much.

    Raises:
        FileError: it is too large, or there is none.
    """

    async def bounded() -> AsyncGenerator[bytes, None]:
        length = 0
        async for chunk in request.stream():
            length += len(chunk)
            if length > _MOST_DRAINED:
                break
            if length <= MAX_FILE_BYTES + _AROUND:
                yield chunk
        if length > MAX_FILE_BYTES + _AROUND:
            raise FileError("error.file_too_large", limit=MAX_FILE_BYTES // 1_000_000)

    try:
        form = await _InMemory(request.headers, bounded(), max_files=1).parse()
    except (MultiPartException, KeyError):
        raise FileError from None
    sent = form.get("file")
    if not isinstance(sent, UploadFile):
        raise FileError
    return sent
