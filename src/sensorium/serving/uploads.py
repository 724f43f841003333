"""What the protocols share of files that are kept: read one from a form, keep it, find it, forget it."""

from starlette.datastructures import UploadFile
from starlette.requests import Request

from sensorium.serving.desk import Desk
from sensorium.serving.faults import Refusal
from sensorium.serving.fields import refused
from sensorium.serving.files import File
from sensorium.serving.keeping import Kept
from sensorium.serving.visit import visit_of

MOST_FIELDS = 8
FIELD_BYTES = 1024


async def uploaded(request: Request) -> tuple[tuple[bytes, str, str], dict[str, object]]:
    """The file of a form: bytes, name, type; and all fields. Raises: Refusal for what is no such form."""
    if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        raise Refusal("unsupported", "Content-Type: expected multipart/form-data. Send the bytes as the field 'file'.")
    async with request.form(max_files=1, max_fields=MOST_FIELDS, max_part_size=FIELD_BYTES) as form:
        file = form.get("file")
        if not isinstance(file, UploadFile):
            raise refused("file", "it is missing or no file", "a file")
        data = await file.read()
        return (data, file.filename or "file", file.content_type or ""), dict(form.multi_items())


def keep(request: Request, data: bytes, name: str, media_type: str, *, purpose: str = "user_data") -> Kept[File]:
    """Keep a file for whoever asks. Raises: Refusal."""
    desk: Desk = request.app.state.desk
    return desk.files.add(visit_of(request).holder, data, name, media_type, purpose)


def kept(request: Request) -> Kept[File]:
    """The file in the path of a request. Raises: Refusal (not found)."""
    desk: Desk = request.app.state.desk
    return desk.files.get(visit_of(request).holder, request.path_params["file"])


def forget(request: Request) -> str:
    """Forget the file in the path of a request. Returns: its id. Raises: Refusal (not found)."""
    desk: Desk = request.app.state.desk
    id_: str = request.path_params["file"]
    desk.files.delete(visit_of(request).holder, id_)
    return id_
