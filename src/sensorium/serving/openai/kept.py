"""Responses that are kept: gone on from, shown and deleted; in memory, for each key its own, for a day.

Not covered: responses in the background, which are never begun here, so that none can be cancelled.
"""

from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from sensorium.chat.message import Text
from sensorium.serving.calls import Spoken, whole
from sensorium.serving.desk import Desk
from sensorium.serving.drafts import Draft
from sensorium.serving.faults import Refusal
from sensorium.serving.fields import refused
from sensorium.serving.keeping import Kept
from sensorium.serving.streams import json_response, to_json
from sensorium.serving.tools import call_part
from sensorium.serving.visit import visit_of

MOST_LISTED = 100


@dataclass(frozen=True)
class Turn:
    """A response and the talk up to its end, without the words of the system, which are not gone on with.

    calls: ids of the calls of tools in that talk.
    """

    response: dict[str, Any] = field(default_factory=dict)
    talk: tuple[Draft, ...] = ()
    items: list[dict[str, Any]] = field(default_factory=list)
    calls: frozenset[str] = frozenset()


def keep(request: Request, made: dict[str, Any], begun: Turn, said: Spoken, items: list[dict[str, Any]]) -> None:
    """Keep a response to the talk of `begun`, and behind its calls; the oldest of its key give way.

    Its calls are kept as calls, also where it was held to their JSON, so that the next turn shows them. One
    that is too large for all is not kept, which it says.
    """
    desk: Desk = request.app.state.desk
    calls = {each["call_id"] for each in (*items, *made["output"]) if each["type"] == "function_call"}
    words, called = whole(said)
    parts = [call_part(call.name, call.arguments) for call, _ in called]
    answer = Draft("assistant", (*([Text(words)] if words or not parts else []), *parts))
    turn = Turn(made, (*begun.talk, answer), items, begun.calls | calls)
    size = len(to_json(made)) + len(to_json(items))
    size += sum(len(part.text if isinstance(part, Text) else part.uri) for each in begun.talk for part in each.parts)
    try:
        desk.responses.put(visit_of(request).holder, made["id"], turn, size)
    except Refusal:
        made["store"] = False


def before(request: Request, previous: str | None) -> Turn:
    """What a request goes on from, an empty turn for None. Raises: Refusal (not found)."""
    if previous is None:
        return Turn()
    desk: Desk = request.app.state.desk
    found: Kept[Turn] = desk.responses.get(visit_of(request).holder, previous, "previous_response_id")
    return found.value


async def show_response(request: Request) -> Response:
    """A response as it was given."""
    if request.query_params.get("stream", "false") != "false":
        raise refused("stream", "responses are shown whole", "it left out")
    return json_response(_turn(request).response)


async def delete_response(request: Request) -> Response:
    """Forget a response; those that went on from it keep its talk."""
    desk: Desk = request.app.state.desk
    id_ = request.path_params["response"]
    desk.responses.take(visit_of(request).holder, id_)
    return json_response({"id": id_, "object": "response", "deleted": True})


async def cancel_response(request: Request) -> Response:
    """Refuse: what is kept has ended."""
    _turn(request)
    raise Refusal(
        "invalid",
        "This response has ended; expected one that runs in the background, which is not done here. Leave it.",
    )


async def list_input_items(request: Request) -> Response:
    """What a response answered, the newest first."""
    query = request.query_params
    found = _turn(request).items
    found = found if query.get("order", "desc") == "asc" else found[::-1]
    ids = [each["id"] for each in found]
    begin = ids.index(query["after"]) + 1 if query.get("after") in ids else 0
    limit = query.get("limit", "")
    most = min(max(1, int(limit)), MOST_LISTED) if limit.isdecimal() and len(limit) < 5 else 20
    listed = found[begin : begin + most]
    ends = {"first_id": listed[0]["id"], "last_id": listed[-1]["id"]} if listed else {"first_id": "", "last_id": ""}
    return json_response({"object": "list", "data": listed, "has_more": begin + most < len(found), **ends})


def _turn(request: Request) -> Turn:
    desk: Desk = request.app.state.desk
    found: Kept[Turn] = desk.responses.get(visit_of(request).holder, request.path_params["response"])
    return found.value
