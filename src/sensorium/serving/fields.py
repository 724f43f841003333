"""The fields of a JSON object, taken one by one; what nobody took is refused by its name.

So nothing that a client sends is ever ignored: a translation takes every field that it honours, and `close` says no to
the rest.
"""

from collections.abc import Iterator
from types import TracebackType
from typing import TypeVar, overload

from sensorium.core.names import did_you_mean
from sensorium.media.source import printable
from sensorium.serving.faults import Refusal
from sensorium.serving.reading import as_table, kind_of

_LARGEST = 2**63 - 1
_SHOWN = 80
"""Characters of a client's own words that a refusal repeats."""

T = TypeVar("T", bound=str)


class Fields:
    """One object of a request. As a context manager it closes itself, unless something else went wrong.

        with Fields(data) as fields:
            model = fields.text("model")

    Every method raises Refusal for a value of another kind or outside its bounds; a field that is null is not there.
    """

    def __init__(self, data: object, path: str = "") -> None:
        self.path = path
        if path and not isinstance(data, dict):
            raise refused(path, f"got {kind_of(data)}", "an object")
        self._left = {key: value for key, value in as_table(data).items() if value is not None}
        self._taken: set[str] = set()

    def __enter__(self) -> "Fields":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self.close()

    def __contains__(self, name: str) -> bool:
        return name in self._left

    def __iter__(self) -> Iterator[str]:
        """Names of the fields that were not taken."""
        return iter(self._left)

    def close(self) -> None:
        """Refuse what was not taken."""
        for name in self._left:
            near = did_you_mean(name[:_SHOWN], self._taken)
            raise refused(
                self.at(printable(name[:_SHOWN])),
                "this field is unknown or cannot be honoured",
                "it left out",
                near.strip(),
            )

    def at(self, name: str) -> str:
        """The path of a field: "messages[0].content"."""
        return f"{self.path}.{name}" if self.path else name

    def take(self, name: str) -> object:
        """The value as it is; None for a field that is not there."""
        self._taken.add(name)
        return self._left.pop(name, None)

    def rest(self) -> dict[str, object]:
        """All that is left, as it is: of a table whose names are the client's own."""
        return {name: self.take(name) for name in list(self)}

    def unset(self, name: str, *spellings: object) -> None:
        """Take a field that is there and says, in one of some spellings, that it is not."""
        value = self._left.get(name)
        if any(type(value) is type(each) and value == each for each in spellings):
            self.take(name)

    def inert(self, *names: str) -> None:
        """Take labels, such as `user` and `metadata`, that change no answer."""
        for name in names:
            self.take(name)

    def only(self, name: str, *allowed: object, otherwise: str) -> None:
        """Take a field that we honour in some values alone; empty lists and objects ask for nothing."""
        value = self.take(name)
        if value in (None, [], {}) or any(type(value) is type(each) and value == each for each in allowed):
            return
        raise refused(self.at(name), otherwise, "it left out")

    @overload
    def text(self, name: str) -> str: ...

    @overload
    def text(self, name: str, default: str) -> str: ...

    @overload
    def text(self, name: str, default: None) -> str | None: ...

    def text(self, name: str, default: str | None = "\0") -> str | None:
        """A string; without a default the field must be there."""
        value = self.take(name)
        if value is None and default != "\0":
            return default
        if not isinstance(value, str):
            raise refused(self.at(name), f"got {kind_of(value)}", "a string")
        return value

    def word(self, name: str, choices: tuple[T, ...], default: T | None = None) -> T:
        """One of some strings."""
        value = self.take(name)
        if value is None and default is not None:
            return default
        for choice in choices:
            if value == choice:
                return choice
        got = repr(printable(value[:_SHOWN])) if isinstance(value, str) else kind_of(value)
        raise refused(self.at(name), f"got {got}", f"one of {', '.join(choices)}")

    def flag(self, name: str, default: bool = False) -> bool:
        """True or false."""
        value = self.take(name)
        if value is None:
            return default
        if not isinstance(value, bool):
            raise refused(self.at(name), f"got {kind_of(value)}", "true or false")
        return value

    def integer(self, name: str, low: int = 0, high: int = _LARGEST) -> int | None:
        """A whole number within bounds."""
        value = self.take(name)
        if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
            value = int(value)
        if value is None:
            return None
        if not isinstance(value, int) or isinstance(value, bool):
            raise refused(self.at(name), f"got {kind_of(value)}", "a whole number")
        if not low <= value <= high:
            raise refused(self.at(name), f"got {value}", f"{low} to {high}")
        return value

    def number(self, name: str, low: float, high: float) -> float | None:
        """A number within bounds."""
        value = self.take(name)
        if value is None:
            return None
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise refused(self.at(name), f"got {kind_of(value)}", "a number")
        if not low <= value <= high:
            raise refused(self.at(name), f"got {value}", f"{low:g} to {high:g}")
        return float(value)

    def items(self, name: str, *, most: int, needed: bool = False) -> list[object]:
        """A list of at most so many items; empty where it is not there and not needed."""
        value = self.take(name)
        if value is None and not needed:
            return []
        if not isinstance(value, list):
            raise refused(self.at(name), f"got {kind_of(value)}", "a list")
        if len(value) > most:
            raise refused(self.at(name), f"{len(value)} items", f"at most {most}")
        if needed and not value:
            raise refused(self.at(name), "it is empty", "at least one item")
        return value

    def tables(self, name: str, *, most: int, needed: bool = False) -> Iterator["Fields"]:
        """A list of objects, each closed when the next is asked for."""
        for index, each in enumerate(self.items(name, most=most, needed=needed)):
            with Fields(each, f"{self.at(name)}[{index}]") as inner:
                yield inner

    def table(self, name: str) -> "Fields":
        """An object within, to be closed by the caller; an empty one where it is not there."""
        value = self.take(name)
        return Fields({} if value is None else value, self.at(name))

    def texts(self, name: str, *, most: int, longest: int) -> tuple[str, ...]:
        """A string, or a list of them, none of them empty or too long."""
        value = self.take(name)
        listed = [value] if isinstance(value, str) else [] if value is None else value
        if not isinstance(listed, list) or not all(isinstance(each, str) for each in listed):
            raise refused(self.at(name), f"got {kind_of(value)}", "a string or a list of strings")
        if len(listed) > most:
            raise refused(self.at(name), f"{len(listed)} items", f"at most {most}")
        if not all(0 < len(each) <= longest for each in listed):
            raise refused(self.at(name), "an item is empty or too long", f"1 to {longest} characters")
        return tuple(listed)


def refused(field: str, got: str, expected: str, advice: str = "") -> Refusal:
    """The three parts: what a field was, what was expected, what to do."""
    return Refusal("invalid", f"{field}: {got}; expected {expected}. {advice or 'Correct the request.'}", field=field)
