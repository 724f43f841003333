"""Events of a response while it comes: items, their parts, and pieces of these, all with a name and a number."""

from collections.abc import Iterator
from itertools import count
from typing import Any
from uuid import uuid4

from sensorium.serving.calls import Begin, CallReader, More, Told
from sensorium.serving.faults import Fault
from sensorium.serving.openai import items
from sensorium.serving.openai.errors import body
from sensorium.serving.streams import event
from sensorium.serving.tools import Call, Toolbox


class Events:
    """Of one response. `output` are the items that are whole."""

    def __init__(self, tools: Toolbox | None) -> None:
        self._reader = None if tools is None else CallReader(tools)
        self._numbers = count()
        self._open: Begin | str | None = None
        """The call, or the id of the message, that is being told."""
        self._text = ""
        self.output: list[dict[str, Any]] = []

    def named(self, kind: str, **told: Any) -> bytes:
        """An event."""
        return event({"type": f"response.{kind}", "sequence_number": next(self._numbers), **told}, f"response.{kind}")

    def failed(self, fault: Fault) -> bytes:
        """The last event of a response that failed."""
        told = body(fault)["error"]
        about = {"code": told["code"] or told["type"], "message": told["message"], "param": told["param"]}
        return event({"type": "error", "sequence_number": next(self._numbers), **about}, "error")

    def begin(self) -> Iterator[bytes]:
        """Before the first piece: a message, where no tool can be called."""
        if self._reader is None:
            yield from self._begin_message()

    def push(self, text: str) -> Iterator[bytes]:
        """Of a piece."""
        for told in self._reader.push(text) if self._reader else [text] if text else []:
            yield from self._told(told)

    def finish(self, status: str) -> Iterator[bytes]:
        """Behind the last piece."""
        for told in self._reader.finish() if self._reader else []:
            yield from self._told(told)
        if self._open is None and not self.output:
            yield from self._begin_message()
        yield from self._end(status)

    def _told(self, told: Told) -> Iterator[bytes]:
        match told:
            case Begin():
                yield from self._end("completed")
                self._open, self._text = told, ""
                yield self.named("output_item.added", **self._place, item=items.call(told, "in_progress"))
            case More(_, text):
                self._text += text
                yield self.named("function_call_arguments.delta", **self._item, delta=text)
            case str():
                if not isinstance(self._open, str):
                    yield from self._end("completed")
                    yield from self._begin_message()
                self._text += told
                yield self.named("output_text.delta", **self._part, delta=told, logprobs=[])

    def _begin_message(self) -> Iterator[bytes]:
        self._open, self._text = f"msg_{uuid4().hex}", ""
        yield self.named("output_item.added", **self._place, item=items.message(self._open, "in_progress"))
        yield self.named("content_part.added", **self._part, part=items.text(""))

    def _end(self, status: str) -> Iterator[bytes]:
        if self._open is None:
            return
        if isinstance(self._open, str):
            yield self.named("output_text.done", **self._part, text=self._text, logprobs=[])
            yield self.named("content_part.done", **self._part, part=items.text(self._text))
            made = items.message(self._open, status, items.text(self._text))
        else:
            yield self.named("function_call_arguments.done", **self._item, name=self._open.name, arguments=self._text)
            made = items.call(Call(self._open.id, self._open.name, self._text), status)
        yield self.named("output_item.done", **self._place, item=made)
        self.output.append(made)
        self._open = None

    @property
    def _place(self) -> dict[str, Any]:
        return {"output_index": len(self.output)}

    @property
    def _item(self) -> dict[str, Any]:
        open_ = self._open
        id_ = items.call(open_, "")["id"] if isinstance(open_, Begin) else open_
        return {"item_id": id_, **self._place}

    @property
    def _part(self) -> dict[str, Any]:
        return {**self._item, "content_index": 0}
