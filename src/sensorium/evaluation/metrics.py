"""How right an answer is, from 0 to 1, by the measure of its question."""

import re
from collections.abc import Callable

from sensorium.data.sample import Measure, Turn

NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
TOLERANCE = 0.05


def score(turn: Turn, answer: str) -> float:
    """The score of an answer to a question whose true answer is known."""
    return _BY_MEASURE[turn.measure](turn.answer, answer)


def exact(truth: str, answer: str) -> float:
    """1 where the texts are equal but for case, spaces around and a full stop."""
    return float(_plain(truth) == _plain(answer))


def number(truth: str, answer: str) -> float:
    """1 where the first number of the answer is within 5 % of the true one."""
    found, wanted = NUMBER.search(answer), NUMBER.search(truth)
    if found is None or wanted is None:
        return exact(truth, answer)
    return float(abs(float(found[0]) - float(wanted[0])) <= TOLERANCE * abs(float(wanted[0])) + 1e-9)


def characters(truth: str, answer: str) -> float:
    """Share of characters right: 1 less the edit distance over the length of the truth, not under 0."""
    return max(0.0, 1.0 - edit_distance(truth, answer) / max(1, len(truth)))


def box(truth: str, answer: str) -> float:
    """1 where "x1,y1,x2,y2" overlaps the true box by half (intersection over union)."""
    wanted, found = ([float(each) for each in NUMBER.findall(text)] for text in (truth, answer))
    if len(wanted) != 4 or len(found) != 4:
        return exact(truth, answer)
    shared = _area(
        *(max(pair) for pair in zip(wanted[:2], found[:2], strict=True)),
        *(min(pair) for pair in zip(wanted[2:], found[2:], strict=True)),
    )
    union = _area(*wanted) + _area(*found) - shared
    return float(union > 0 and shared / union >= 0.5)


def edit_distance(first: str, second: str) -> int:
    """Insertions, deletions and replacements that make one text of the other (Levenshtein)."""
    row = list(range(len(second) + 1))
    for i, left in enumerate(first, 1):
        before, row[0] = row[0], i
        for j, right in enumerate(second, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (left != right))
    return row[-1]


def _plain(text: str) -> str:
    return text.strip().rstrip(".。").strip().lower()


def _area(left: float, top: float, right: float, bottom: float) -> float:
    return max(0.0, right - left) * max(0.0, bottom - top)


_BY_MEASURE: dict[Measure, Callable[[str, str], float]] = {
    "exact": exact,
    "number": number,
    "characters": characters,
    "box": box,
}
