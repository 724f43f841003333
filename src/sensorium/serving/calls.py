"""Calls of tools read out of an answer while it comes, piece by piece: one way for whole and for streamed answers."""

import json
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from sensorium.serving.tools import CLOSE, OPEN, Call, Toolbox, new_call_id

_HEAD = re.compile(r'\s*\{\s*"name"\s*:\s*("(?:[^"\\]|\\.)*")\s*,\s*"arguments"\s*:\s*(?=\{)')
_BETWEEN = re.compile(r"[\s\[\],}]*")
"""What stands around the calls of an answer that is held to JSON."""


class Begin(NamedTuple):
    """A call begins. place: among the calls, from 0."""

    place: int
    id: str
    name: str


class More(NamedTuple):
    """A piece of the arguments of the call that began last."""

    place: int
    text: str


Told = str | Begin | More
"""Words, or something of a call."""


class CallReader:
    """Reads one answer."""

    def __init__(self, box: Toolbox) -> None:
        """Args: box: of the request."""
        self._box = box
        self._names = {tool.name for tool in box.tools}
        self._left = ""
        self._state = "outside"
        self._place = -1
        self._value = _Value()

    @property
    def called(self) -> bool:
        """Whether there was a call."""
        return self._place >= 0

    def push(self, text: str) -> Iterator[Told]:
        """What a piece of the answer adds."""
        self._left += text
        if self._box.choice == "named":
            if not self.called and self._left:
                yield self._begin(self._box.tools[0].name)
            if self._left:
                yield More(self._place, self._take(len(self._left)))
            return
        before = None
        while before != (self._state, self._left):
            before = (self._state, self._left)
            yield from {"outside": self._outside, "inside": self._inside, "arguments": self._arguments}[self._state]()

    def finish(self) -> Iterator[Told]:
        """What is left at the end: words, where a call was not whole enough to be one."""
        left = self._take(len(self._left))
        if self._state == "arguments":
            yield from self._behind(left)
            return
        words = (OPEN if self._state == "inside" else "") + left
        if words.strip() or (words and not self.called):
            yield words

    def _outside(self) -> Iterator[Told]:
        if self._box.choice == "required":
            self._take(_end(_BETWEEN, self._left) if self.called else len(self._left) - len(self._left.lstrip(" \n[")))
            yield from self._head()
            return
        at = self._left.find(OPEN)
        words = self._take(at if at >= 0 else len(self._left) - _overlap(self._left, OPEN))
        if words and (words.strip() or not self.called):
            yield words
        if at >= 0:
            self._take(len(OPEN))
            self._state = "inside"

    def _inside(self) -> Iterator[Told]:
        """Between the tags of a call."""
        yield from self._head()
        end = self._left.find(CLOSE)
        if self._state == "inside" and end >= 0:
            body = self._take(end + len(CLOSE)).removesuffix(CLOSE)
            self._state = "outside"
            yield from self._odd(body)

    def _head(self) -> Iterator[Told]:
        found = _HEAD.match(self._left)
        name = None if found is None else _read(found[1])
        if found is not None and isinstance(name, str) and name in self._names:
            self._take(found.end())
            self._state, self._value = "arguments", _Value()
            yield self._begin(name)

    def _arguments(self) -> Iterator[Told]:
        size = self._value.push(self._left)
        if size:
            yield More(self._place, self._take(size))
        if self._value.done:
            if self._box.choice == "required":
                self._state = "outside"
            elif (at := self._left.find(CLOSE)) >= 0:
                yield from self._behind(self._take(at))
                self._take(len(CLOSE))
                self._state = "outside"

    def _behind(self, rest: str) -> Iterator[Told]:
        """What stands behind the arguments of a call: its own end, or words."""
        words = rest.lstrip().removeprefix("}")
        words = words[: len(words) - _overlap(words, CLOSE)]
        if words.strip():
            yield words

    def _odd(self, body: str) -> Iterator[Told]:
        """A call that is spelled in another order, or words that look like one."""
        match _read(body):
            case {"name": str(name), "arguments": dict(arguments)} if name in self._names:
                yield self._begin(name)
                yield More(self._place, json.dumps(arguments, ensure_ascii=False))
            case _:
                yield f"{OPEN}{body}{CLOSE}"

    def _begin(self, name: str) -> Begin:
        self._place += 1
        return Begin(self._place, new_call_id(), name)

    def _take(self, count: int) -> str:
        taken, self._left = self._left[:count], self._left[count:]
        return taken


class _Value:
    """Finds the end of a JSON object that comes in pieces."""

    def __init__(self) -> None:
        self._depth = 0
        self._string = False
        self._escaped = False
        self.done = False

    def push(self, text: str) -> int:
        """How many of the letters belong to it."""
        if self.done:
            return 0
        for index, letter in enumerate(text):
            if self._string:
                self._string = self._escaped or letter != '"'
                self._escaped = letter == "\\" and not self._escaped
            elif letter == '"':
                self._string = True
            elif letter in "{[":
                self._depth += 1
            elif letter in "}]":
                self._depth -= 1
                if self._depth == 0:
                    self.done = True
                    return index + 1
        return len(text)


class Spoken(NamedTuple):
    """A whole answer, its words apart from its calls."""

    words: str
    calls: tuple[Call, ...]


def spoken(text: str, box: Toolbox | None) -> Spoken:
    """Read a whole answer."""
    if box is None:
        return Spoken(text, ())
    reader = CallReader(box)
    return gathered((*reader.push(text), *reader.finish()))


def gathered(told: Iterable[Told]) -> Spoken:
    """What pieces come to."""
    words, calls = "", list[Call]()
    for each in told:
        match each:
            case Begin(_, id_, name):
                calls.append(Call(id_, name, ""))
            case More(place, text):
                last = calls[place]
                calls[place] = Call(last.id, last.name, last.arguments + text)
            case str():
                words += each
    return Spoken(words, tuple(calls))


def arguments_of(call: Call) -> dict[str, object] | None:
    """The arguments as an object; None where the answer ended before they did."""
    found = _read(call.arguments)
    return found if isinstance(found, dict) else None


def whole(spoken: Spoken) -> tuple[str, list[tuple[Call, dict[str, object]]]]:
    """The words of an answer, and its calls with their arguments. A call that was cut is told as words."""
    words, calls = spoken
    made = [(call, arguments_of(call)) for call in calls]
    words += "".join(call.arguments for call, given in made if given is None)
    return words, [(call, given) for call, given in made if given is not None]


def _read(text: str) -> object:
    """What a JSON text says; None for what is none, or too deep."""
    try:
        return json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return None


def _end(pattern: "re.Pattern[str]", text: str) -> int:
    found = pattern.match(text)
    return 0 if found is None else found.end()


def _overlap(text: str, tag: str) -> int:
    """How many letters at the end of a text may be the beginning of a tag."""
    return next((size for size in range(min(len(tag) - 1, len(text)), 0, -1) if text.endswith(tag[:size])), 0)
