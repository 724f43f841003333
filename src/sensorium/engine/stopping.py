"""Where an answer's text ends: tokens to text, and stop strings that may lie across the borders of tokens."""

from collections.abc import Sequence

from sensorium.chat.tokenizer import Decodes, Detokenizer
from sensorium.core.errors import UsageError

MOST_STOPS = 16
LONGEST_STOP = 256


def check_stops(stops: Sequence[str]) -> None:
    """Raises: UsageError for an empty stop string, a very long one, or too many."""
    if len(stops) > MOST_STOPS:
        raise UsageError(f"stop: got {len(stops)} strings; expected at most {MOST_STOPS}. Leave some out.")
    for stop in stops:
        if not 0 < len(stop) <= LONGEST_STOP:
            raise UsageError(f"stop: got a string of {len(stop)} characters; expected 1 to {LONGEST_STOP}. Change it.")


class Words:
    """The text of one answer, piece by piece; what may be the beginning of a stop string is held back."""

    def __init__(self, tokenizer: Decodes, stops: Sequence[str]) -> None:
        self._pieces = Detokenizer(tokenizer)
        self._stops = tuple(stops)
        self._held = ""
        self.stopped = False

    def push(self, id_: int) -> str:
        """The text that a token makes certain; `stopped` tells that a stop string was found, which is not in it."""
        return self._passed(self._pieces.push(id_))

    def finish(self) -> str:
        """What was held back, when no more tokens come."""
        if self.stopped:
            return ""
        passed = self._passed(self._pieces.finish())
        held, self._held = self._held, ""
        return passed + held

    def _passed(self, piece: str) -> str:
        text = self._held + piece
        found = [at for at in (text.find(stop) for stop in self._stops) if at >= 0]
        if found:
            self.stopped, self._held = True, ""
            return text[: min(found)]
        kept = max((_overlap(text, stop) for stop in self._stops), default=0)
        self._held = text[len(text) - kept :]
        return text[: len(text) - kept]


def _overlap(text: str, stop: str) -> int:
    """How many last characters of a text are the first of a stop string."""
    most = min(len(text), len(stop) - 1)
    return next((count for count in range(most, 0, -1) if text.endswith(stop[:count])), 0)
