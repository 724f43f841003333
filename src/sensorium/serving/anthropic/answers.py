"""Answers in Anthropic's spelling: blocks of text with their citations, and of calls, whole and as events."""

from collections.abc import Iterator
from typing import Any

from sensorium.chat.message import Answer
from sensorium.serving.anthropic.blocks import Paper
from sensorium.serving.calls import Begin, CallReader, More, Told, spoken, whole
from sensorium.serving.citing import Citation, cite
from sensorium.serving.streams import event
from sensorium.serving.tools import Toolbox

Read = tuple[tuple[Paper, tuple[str, ...]], ...]
"""The documents that are cited, with the text of each page."""


def content(text: str, tools: Toolbox | None, papers: Read | None) -> list[dict[str, Any]]:
    """The blocks of a whole answer."""
    words, calls = whole(spoken(text, tools))
    uses = [{"type": "tool_use", "id": call.id, "name": call.name, "input": given} for call, given in calls]
    cited = None if papers is None else citations(words, papers)
    block = {"type": "text", "text": words, "citations": cited or None}
    return [*([block] if words or not uses else []), *uses]


def citations(text: str, papers: Read) -> list[dict[str, Any]]:
    """Where the sentences of an answer stand, letter for letter."""
    return [_citation(each, papers[each.document][0]) for each in cite(text, [pages for _, pages in papers])]


def ending(answer: Answer, stopped_by: str | None, *, called: bool) -> dict[str, Any]:
    """Why an answer ended."""
    reason = "tool_use" if called else "end_turn"
    reason = "max_tokens" if answer.finish_reason == "length" else reason
    return {"stop_reason": "stop_sequence" if stopped_by else reason, "stop_sequence": stopped_by}


class Events:
    """The events of the blocks of one answer, while it comes."""

    def __init__(self, tools: Toolbox | None, papers: Read | None) -> None:
        self._reader = None if tools is None else CallReader(tools)
        self._papers = papers
        self._index = -1
        self._open: str | None = None
        self._words = ""

    @property
    def called(self) -> bool:
        """Whether a tool was called."""
        return self._reader is not None and self._reader.called

    def begin(self) -> Iterator[bytes]:
        """Before the first piece: a block of text, where no tool can be called."""
        if self._reader is None:
            yield self._begin({"type": "text", "text": ""})

    def push(self, text: str) -> Iterator[bytes]:
        """Of a piece."""
        for told in self._reader.push(text) if self._reader else [text] if text else []:
            yield from self._told(told)

    def finish(self) -> Iterator[bytes]:
        """Behind the last piece."""
        for told in self._reader.finish() if self._reader else []:
            yield from self._told(told)
        if self._index < 0:
            yield self._begin({"type": "text", "text": ""})
        yield from self._end()

    def _told(self, told: Told) -> Iterator[bytes]:
        match told:
            case Begin(_, id_, name):
                yield from self._end()
                yield self._begin({"type": "tool_use", "id": id_, "name": name, "input": {}})
            case More(_, text):
                yield self._delta({"type": "input_json_delta", "partial_json": text})
            case str():
                if self._open != "text":
                    yield from self._end()
                    yield self._begin({"type": "text", "text": ""})
                self._words += told
                yield self._delta({"type": "text_delta", "text": told})

    def _begin(self, block: dict[str, Any]) -> bytes:
        self._index += 1
        self._open = block["type"]
        self._words = ""
        return named("content_block_start", index=self._index, content_block=block)

    def _end(self) -> Iterator[bytes]:
        if self._open is None:
            return
        if self._open == "text" and self._papers is not None:
            for each in citations(self._words, self._papers):
                yield self._delta({"type": "citations_delta", "citation": each})
        self._open = None
        yield named("content_block_stop", index=self._index)

    def _delta(self, told: dict[str, Any]) -> bytes:
        return named("content_block_delta", index=self._index, delta=told)


def named(kind: str, **told: Any) -> bytes:
    """An event, which this protocol names."""
    return event({"type": kind, **told}, kind)


def _citation(found: Citation, paper: Paper) -> dict[str, Any]:
    place = {"cited_text": found.text, "document_index": found.document, "document_title": paper.title}
    if isinstance(paper.source, str):
        span = {"start_char_index": found.start, "end_char_index": found.end}
        return {"type": "char_location", **place, **span, "file_id": None}
    pages = {"start_page_number": found.page + 1, "end_page_number": found.page + 2}  # the end is not among them
    return {"type": "page_location", **place, **pages, "file_id": None}
