"""/v1/files: https://platform.openai.com/docs/api-reference/files. Kept in memory, for each key its own."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from sensorium.serving.desk import Desk
from sensorium.serving.fields import Fields
from sensorium.serving.files import File, page
from sensorium.serving.keeping import Kept
from sensorium.serving.streams import json_response
from sensorium.serving.uploads import forget, keep, kept, uploaded
from sensorium.serving.visit import visit_of

PURPOSES = ("user_data", "vision", "assistants")
MOST_LISTED = 1000


async def upload_file(request: Request) -> Response:
    """Keep a file."""
    file, form = await uploaded(request)
    with Fields(form) as fields:
        fields.take("file")
        purpose = fields.word("purpose", PURPOSES, "user_data")
    return json_response(_told(keep(request, *file, purpose=purpose)))


async def list_files(request: Request) -> Response:
    """All files of a key, the newest first."""
    desk: Desk = request.app.state.desk
    query = request.query_params
    found = desk.files.all(visit_of(request).holder)
    if (purpose := query.get("purpose")) is not None:
        found = [each for each in found if each.value.purpose == purpose]
    if query.get("order", "desc") == "asc":
        found.reverse()
    limit = query.get("limit", "")
    listed, more = page(found, query.get("after"), int(limit) if limit.isdecimal() and len(limit) < 5 else MOST_LISTED)
    ids = [each.value.id for each in listed]
    ends = {"first_id": ids[0] if ids else None, "last_id": ids[-1] if ids else None}
    return json_response({"object": "list", "data": [_told(each) for each in listed], "has_more": more, **ends})


async def show_file(request: Request) -> Response:
    """What is known of a file."""
    return json_response(_told(kept(request)))


async def file_content(request: Request) -> Response:
    """The bytes of a file, as they came; to be saved, not shown."""
    file = kept(request).value
    return Response(file.data, media_type="application/octet-stream", headers={"content-disposition": "attachment"})


async def delete_file(request: Request) -> Response:
    """Forget a file."""
    return json_response({"id": forget(request), "object": "file", "deleted": True})


def _told(each: Kept[File]) -> dict[str, Any]:
    file = each.value
    return {
        "id": file.id,
        "object": "file",
        "bytes": len(file.data),
        "created_at": file.created,
        "expires_at": int(each.until),
        "filename": file.name,
        "purpose": file.purpose,
        "status": "processed",
    }
