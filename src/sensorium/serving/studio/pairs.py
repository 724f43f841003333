"""Opinions to pairs of a better and a worse answer, as `sensorium train` reads them (training/pairs.py).

A corrected answer is a pair with its correction; of two answers to the same question, one liked and one not, the liked
one is better. Media stand in the lines, so the file needs nothing beside it.
"""

import base64
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from sensorium.serving.streams import line
from sensorium.serving.studio.book import Opinion

Medium = Callable[[str, str], tuple[str, bytes]]
"""From a talk and an id to the type and the bytes of a medium. Raises: Refusal."""


def pairs(opinions: Sequence[Opinion], medium: Medium) -> Iterator[bytes]:
    """Lines of JSON, one for each pair."""
    for opinion in opinions:
        for better in _better(opinion, opinions):
            talk = [_message(turn, opinion.talk, medium) for turn in opinion.asked]
            yield line({"chosen": [*talk, _said(better)], "rejected": [*talk, _said(opinion.answer)]})


def _better(opinion: Opinion, opinions: Sequence[Opinion]) -> Iterator[str]:
    """Answers that are better than the one that an opinion is about."""
    if opinion.better:
        yield opinion.better
    elif not opinion.good:
        for other in opinions:
            if other.good and not other.better and other.asked == opinion.asked:
                yield other.answer


def _message(turn: dict[str, Any], talk: str, medium: Medium) -> dict[str, Any]:
    parts = [_part(part, talk, medium) for part in turn["parts"]]
    return {"role": turn["role"], "content": [part for part in parts if part is not None]}


def _part(part: dict[str, Any], talk: str, medium: Medium) -> dict[str, Any] | None:
    if part["kind"] == "text":
        return {"type": "text", "text": part["text"]}
    type_, data = medium(talk, part["id"])
    if part["kind"] == "document":
        page = f", page {part['page']}" if "page" in part else ""  # as the page itself asked: static/media.js
        return {"type": "text", "text": f"[{part['name']}{page}]\n{data.decode(errors='replace')}\n"}
    url = f"data:{type_};base64,{base64.b64encode(data).decode()}"
    kind = f"{part['kind']}_url"
    return {"type": kind, kind: {"url": url}}


def _said(text: str) -> dict[str, Any]:
    return {"role": "assistant", "content": text}


def size(opinions: Sequence[Opinion]) -> int:
    """How many pairs there are."""
    return sum(1 for opinion in opinions for _ in _better(opinion, opinions))
