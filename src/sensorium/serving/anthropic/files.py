"""/v1/files in Anthropic's shape: https://docs.anthropic.com/en/docs/build-with-claude/files."""

from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from sensorium.serving.desk import Desk
from sensorium.serving.fields import Fields
from sensorium.serving.files import File
from sensorium.serving.keeping import Kept
from sensorium.serving.streams import json_response
from sensorium.serving.uploads import forget, keep, kept, uploaded
from sensorium.serving.visit import visit_of


async def upload_file(request: Request) -> Response:
    """Keep a file."""
    file, form = await uploaded(request)
    with Fields(form) as fields:
        fields.take("file")
    return json_response(_told(keep(request, *file)))


async def list_files(request: Request) -> Response:
    """All files of a key, the newest first, on one page."""
    desk: Desk = request.app.state.desk
    data = [_told(each) for each in desk.files.all(visit_of(request).holder)]
    ends = {"first_id": data[0]["id"], "last_id": data[-1]["id"]} if data else {"first_id": None, "last_id": None}
    return json_response({"data": data, "has_more": False, **ends})


async def show_file(request: Request) -> Response:
    """What is known of a file."""
    return json_response(_told(kept(request)))


async def delete_file(request: Request) -> Response:
    """Forget a file."""
    return json_response({"id": forget(request), "type": "file_deleted"})


def _told(each: Kept[File]) -> dict[str, Any]:
    file = each.value
    return {
        "id": file.id,
        "type": "file",
        "filename": file.name,
        "mime_type": file.media_type,
        "size_bytes": len(file.data),
        "created_at": datetime.fromtimestamp(file.created, UTC).isoformat(),
        "downloadable": True,
    }
