"""Files that clients send once and name afterwards, in three protocols; each key has its own.

A part that names a file is a `Given` with the URI "kept:ID" until the desk puts the bytes in its place.
"""

import base64
import re
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from uuid import uuid4

from sensorium.chat.message import Text
from sensorium.media.types import Modality
from sensorium.serving.drafts import Draft, Given
from sensorium.serving.faults import Refusal
from sensorium.serving.fields import refused
from sensorium.serving.keeping import Keep, Kept, Room
from sensorium.serving.limits import MIB, ServerLimits

ROOM = Room(things=200, bytes=128 * MIB, all_bytes=512 * MIB, seconds=48 * 3600.0, evicts=False)
LONGEST_NAME = 255

_SCHEME = "kept:"
_ID = re.compile(r"file-[0-9a-f]{32}")
_TYPE = re.compile(r"[a-z0-9.+-]{1,60}/[a-z0-9.+-]{1,80}")


@dataclass(frozen=True)
class File:
    """A file as it came. created: seconds since 1970; purpose: a label of OpenAI's."""

    id: str
    name: str
    media_type: str
    data: bytes
    created: int
    purpose: str = "user_data"


class Files:
    """The files of a server."""

    def __init__(self, limits: ServerLimits, room: Room = ROOM) -> None:
        """Build."""
        self._limits = limits
        self._keep: Keep[File] = Keep("file", room)

    def add(self, holder: str, data: bytes, name: str, media_type: str, purpose: str = "user_data") -> Kept[File]:
        """Keep a file. Raises: Refusal for an empty or a large one, or where there is no room."""
        if not data:
            raise refused("file", "it is empty", "bytes")
        self.check_size(len(data))
        kind = media_type.partition(";")[0].strip().lower()
        kind = kind if _TYPE.fullmatch(kind) else "application/octet-stream"
        id_ = f"file-{uuid4().hex}"
        made = File(id_, name[:LONGEST_NAME] or "file", kind, data, int(time.time()), purpose)
        return self._keep.put(holder, id_, made, len(data))

    def check_size(self, size: int) -> None:
        """Raises: Refusal for more bytes than a medium may have, which no request could be answered with."""
        if size > (most := self._limits.media.file_bytes):
            raise Refusal("too_large", f"file: got {size} bytes; expected at most {most}. Send a smaller one.")

    def get(self, holder: str, id_: str, field: str = "") -> Kept[File]:
        """A file. Raises: Refusal (not found)."""
        return self._keep.get(holder, id_, field)

    def delete(self, holder: str, id_: str) -> None:
        """Forget a file. Raises: Refusal (not found)."""
        self._keep.take(holder, id_)

    def all(self, holder: str) -> list[Kept[File]]:
        """All of a holder, the newest first."""
        return [kept for _, kept in self._keep.all(holder)]

    def filled(self, drafts: Iterable[Draft], holder: str) -> tuple[Draft, ...]:
        """The talk with the bytes of files in place of their names.

        Raises: Refusal for one that is not found, naming the field, or for more bytes than a request may carry.
        """
        drafts = tuple(drafts)
        named_ = [part for each in drafts for part in each.parts if isinstance(part, Given)]
        check_carried(sum(len(file.data) for part in named_ if (file := self._file(part, holder))), self._limits)

        def taken(part: Text | Given) -> Text | Given:
            return self.part(part, holder) if isinstance(part, Given) else part

        return tuple(replace(each, parts=tuple(map(taken, each.parts))) for each in drafts)

    def part(self, part: Given, holder: str) -> Given:
        """One medium, as `filled` has it. Raises: Refusal (not found)."""
        file = self._file(part, holder)
        return part if file is None else with_bytes(part, file.data, _claim(file.media_type))

    def _file(self, part: Given, holder: str) -> File | None:
        """The file that a medium names; None for a medium that came otherwise. Raises: Refusal (not found)."""
        if not part.uri.startswith(_SCHEME):
            return None
        return self.get(holder, part.uri.removeprefix(_SCHEME), part.field).value


def with_bytes(part: Given, data: bytes, media_type: str = "") -> Given:
    """A medium with its bytes in place of its name. Args: media_type: as claimed, "" for nothing."""
    return replace(part, uri=f"data:{media_type};base64,{base64.b64encode(data).decode()}")


def check_carried(size: int, limits: ServerLimits) -> None:
    """Raises: Refusal for more bytes, of what a request names, than it may carry itself."""
    if size > limits.body_bytes:
        raise Refusal(
            "too_large",
            f"The files that the request names have {size} bytes, each counted as often as it is named; expected at "
            f"most {limits.body_bytes}. Name fewer.",
        )


def named(field: str, id_: str, want: Modality | None = None) -> Given:
    """A medium that was sent before."""
    return Given(field, f"{_SCHEME}{id_}", want)


def id_in(uri: str) -> str | None:
    """The id that a URI such as https://host/v1beta/files/ID ends with; None for another."""
    last = uri.rpartition("files/")[2]
    return last if _ID.fullmatch(last) else None


def page(files: Sequence[Kept[File]], after: str | None, most: int) -> tuple[list[Kept[File]], bool]:
    """At most so many files behind one, and whether there are more."""
    ids = [each.value.id for each in files]
    begin = ids.index(after) + 1 if after in ids else 0
    return list(files[begin : begin + most]), begin + most < len(files)


def _claim(media_type: str) -> str:
    """What a client says of its bytes, where that is worth checking: the bytes tell what they are."""
    return media_type if media_type.partition("/")[0] in ("image", "audio", "video") else ""
