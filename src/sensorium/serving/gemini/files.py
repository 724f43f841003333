"""/upload/v1beta/files and /v1beta/files: https://ai.google.dev/api/files; sent in pieces, as Google's clients do."""

import base64
import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from starlette.requests import Request
from starlette.responses import Response

from sensorium.serving.desk import Desk
from sensorium.serving.faults import Refusal
from sensorium.serving.fields import Fields, refused
from sensorium.serving.files import File, page
from sensorium.serving.gemini.contents import camel
from sensorium.serving.keeping import Kept
from sensorium.serving.streams import json_response
from sensorium.serving.uploads import forget, keep, kept
from sensorium.serving.visit import visit_of

MOST_LISTED = 100


@dataclass
class Upload:
    """A file that is being sent."""

    name: str
    media_type: str
    size: int
    data: bytearray = field(default_factory=bytearray)


async def begin_upload(request: Request) -> Response:
    """Say where a file is to be sent to: an address that nobody can guess, which takes this file without a key."""
    if request.headers.get("x-goog-upload-command", "start") != "start":
        raise refused("X-Goog-Upload-Command", "there is no upload to go on with", "start")
    desk: Desk = request.app.state.desk
    length = request.headers.get("x-goog-upload-header-content-length", "")
    if not length.isdecimal() or len(length) > 12 or int(length) == 0:
        raise refused("X-Goog-Upload-Header-Content-Length", f"got {length[:20]!a}", "the bytes of the file")
    with Fields(camel(await desk.json(request))) as fields, fields.table("file") as told:
        told.inert("name", "sizeBytes")  # it gets a name of ours
        name = told.text("displayName", "")
        kind = told.text("mimeType", "") or request.headers.get("x-goog-upload-header-content-type", "")
    id_ = uuid4().hex
    upload = Upload(name or request.headers.get("x-goog-upload-file-name", ""), kind, int(length))
    desk.files.check_size(upload.size)
    desk.uploads.put(visit_of(request).holder, id_, upload, 0)
    where = f"{str(request.base_url).rstrip('/')}/upload/v1beta/files/{id_}"
    return json_response({}, headers={"x-goog-upload-status": "active", "x-goog-upload-url": where})


async def go_on_with_upload(request: Request) -> Response:
    """Take a piece of a file; with the last one it is kept. What is refused changes nothing: it may be sent again."""
    desk: Desk = request.app.state.desk
    holder, id_ = visit_of(request).holder, request.path_params["upload"]
    piece = await request.body()
    upload = desk.uploads.get(holder, id_).value
    commands = {each.strip() for each in request.headers.get("x-goog-upload-command", "").split(",")}
    if not commands or not commands <= {"upload", "finalize"}:
        raise refused("X-Goog-Upload-Command", "it is neither upload nor finalize", "one of them, or both")
    offset = request.headers.get("x-goog-upload-offset", "0")
    if offset != str(len(upload.data)):
        raise refused("X-Goog-Upload-Offset", f"got {offset[:20]!a}", str(len(upload.data)))
    size = len(upload.data) + len(piece)
    if size > upload.size:
        raise Refusal("too_large", f"The file is larger than the {upload.size} bytes that were said. Begin again.")
    if "finalize" not in commands:
        desk.uploads.put(holder, id_, upload, size)
        upload.data += piece
        return json_response({}, headers={"x-goog-upload-status": "active"})
    if size < upload.size:
        raise refused("X-Goog-Upload-Command", f"finalize behind {size} bytes", f"the {upload.size} that were said")
    made = keep(request, bytes(upload.data + piece), upload.name, upload.media_type)
    desk.uploads.take(holder, id_)
    return json_response({"file": _told(request, made)}, headers={"x-goog-upload-status": "final"})


async def list_files(request: Request) -> Response:
    """Files of a key, the newest first."""
    desk: Desk = request.app.state.desk
    size = request.query_params.get("pageSize", "")
    most = min(max(1, int(size)), MOST_LISTED) if size.isdecimal() and len(size) < 5 else MOST_LISTED
    found, more = page(desk.files.all(visit_of(request).holder), request.query_params.get("pageToken"), most)
    next_ = {"nextPageToken": found[-1].value.id} if more else {}
    return json_response({"files": [_told(request, each) for each in found], **next_})


async def show_file(request: Request) -> Response:
    """What is known of a file."""
    return json_response(_told(request, kept(request)))


async def delete_file(request: Request) -> Response:
    """Forget a file."""
    forget(request)
    return json_response({})


def _told(request: Request, each: Kept[File]) -> dict[str, Any]:
    file = each.value
    created = datetime.fromtimestamp(file.created, UTC).isoformat()
    return {
        "name": f"files/{file.id}",
        "displayName": file.name,
        "mimeType": file.media_type,
        "sizeBytes": str(len(file.data)),
        "createTime": created,
        "updateTime": created,
        "expirationTime": datetime.fromtimestamp(each.until, UTC).isoformat(),
        "sha256Hash": base64.b64encode(hashlib.sha256(file.data).hexdigest().encode()).decode(),
        "uri": f"{str(request.base_url).rstrip('/')}/v1beta/files/{file.id}",
        "state": "ACTIVE",
        "source": "UPLOADED",
    }
