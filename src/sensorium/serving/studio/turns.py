"""Turns of talks as the page sends them: read strictly, so that what is kept can always be shown and trained on.

{"role": "user", "parts": [{"kind": "image", "id": "…", "name": "boot.png"}, {"kind": "text", "text": "What?"}]}
{"role": "assistant", "parts": [{"kind": "text", "text": "A boot."}], "known": {…}}
"""

import re
from typing import Any

from sensorium.serving.fields import Fields, refused
from sensorium.serving.limits import ServerLimits
from sensorium.serving.reading import as_table
from sensorium.serving.streams import to_json

KINDS = ("text", "image", "audio", "video", "document")
MOST_KNOWN = 20_000
"""Characters of what is known of an answer: its confidence, places, times."""

_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")


def id_of(text: str, field: str) -> str:
    """An id of a talk or medium, as the page makes them. Raises: Refusal."""
    if not _ID.fullmatch(text):
        raise refused(field, "no id", "8 to 64 letters, digits, '-' or '_'")
    return text


def read_turns(fields: Fields, name: str, limits: ServerLimits) -> list[Any]:
    """The turns in a field. Raises: Refusal."""
    return [_turn(turn, limits) for turn in fields.tables(name, most=limits.messages)]


def _turn(turn: Fields, limits: ServerLimits) -> dict[str, Any]:
    role = turn.word("role", ("user", "assistant"))
    known = turn.take("known")
    if known is not None and len(to_json(as_table(known))) > MOST_KNOWN:
        raise refused(turn.at("known"), "it is too long", f"at most {MOST_KNOWN} characters")
    parts = [_part(part) for part in turn.tables("parts", most=4 * limits.media_parts)]
    return {"role": role, "parts": parts} | ({} if known is None else {"known": known})


def _part(part: Fields) -> dict[str, Any]:
    kind = part.word("kind", KINDS)
    if kind == "text":
        return {"kind": kind, "text": part.text("text")}
    page = part.integer("page", 1, 100_000)
    found: dict[str, Any] = {"kind": kind, "id": id_of(part.text("id"), part.at("id")), "name": part.text("name", "")}
    return found if page is None else {**found, "page": page}
