"""Questions whose answers are given, whatever the protocol: yes or no, one of some choices, a level of some.

Nothing is added to a client's words but what it says of its choices: a small model answers best what it was asked in
the words that it learnt.
"""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sensorium.chat.message import Text
from sensorium.runtime.deciding import Decision
from sensorium.serving.backend import Poll
from sensorium.serving.drafts import Draft, Given
from sensorium.serving.fields import refused

MOST_QUESTIONS = 400
MOST_CHOICES = 255
MOST_WAYS = 2_000
"""To say all answers of all questions of a request; each is recited by the model."""

LONGEST_CHOICE = 200
"""Characters."""

_YES, _NO = ("yes", "Yes"), ("no", "No")
_YES_ZH, _NO_ZH = ("是", "有"), ("不是", "没有")


@dataclass(frozen=True)
class Inquiry:
    """A question. words: what the model is asked; options: what clients call its answers; ways: to say each."""

    words: tuple[Text | Given, ...]
    options: tuple[str | bool, ...]
    ways: tuple[tuple[str, ...], ...]


def yes_or_no(words: Sequence[Text | Given], criteria: Sequence[tuple[bool, str]] = ()) -> Inquiry:
    """A question that is answered with yes or no, in its own language; `criteria` tell when."""
    told = [(_ways(value, words)[0], about) for value, about in criteria if about]
    return Inquiry(_told(words, told), (True, False), (_ways(True, words), _ways(False, words)))


def one_of(words: Sequence[Text | Given], choices: Sequence[tuple[str | bool, str]], field: str) -> Inquiry:
    """A question for one of some choices, each with what is said of it, "" for nothing; True and False are yes and no.

    Raises: Refusal for fewer than two, too many, or any that is empty, long, or there twice.
    """
    if not 2 <= len(choices) <= MOST_CHOICES:
        raise refused(field, f"{len(choices)} choices", f"2 to {MOST_CHOICES}")
    options = tuple(value for value, _ in choices)
    ways = tuple(_ways(value, words) if isinstance(value, bool) else (value,) for value in options)
    spelled = [way.strip() for each in ways for way in each]
    if len(set(spelled)) < len(spelled) or not all(0 < len(each) <= LONGEST_CHOICE for each in spelled):
        raise refused(
            field, "a choice is there twice, is empty or long", f"different ones of 1 to {LONGEST_CHOICE} characters"
        )
    told = [(way[0], about) for way, (_, about) in zip(ways, choices, strict=True)]
    return Inquiry(_told(words, told if any(about for _, about in told) else []), options, ways)


def poll_of(drafts: Sequence[Draft], inquiries: Sequence[Inquiry]) -> Poll:
    """The questions about a talk, for the desk. Raises: Refusal for more to recite than a request may ask for."""
    ways = sum(len(each) for inquiry in inquiries for each in inquiry.ways)
    if ways > MOST_WAYS:
        raise refused("questions", f"{ways} answers to weigh, all together", f"at most {MOST_WAYS}", "Ask fewer.")
    return Poll(tuple(drafts), tuple(each.words for each in inquiries), tuple(each.ways for each in inquiries))


def best(decision: Decision) -> int:
    """Which answer is the likeliest."""
    return max(range(len(decision.chances)), key=decision.chances.__getitem__)


def level(decision: Decision) -> float:
    """The mean level, the first of which is 0."""
    return math.fsum(number * chance for number, chance in enumerate(decision.chances))


def known(decisions: Sequence[Decision]) -> dict[str, Any]:
    """What is known and no protocol has a place for. calibrated: of each question, in order."""
    notices = dict.fromkeys(notice for each in decisions for notice in each.notices)
    return {"calibrated": [each.calibrated for each in decisions], "notices": list(notices)}


def tokens(decisions: Sequence[Decision]) -> tuple[int, int]:
    """Of the prompts, each question's counted, and of the answers that were weighed."""
    return sum(each.usage.prompt_tokens for each in decisions), sum(each.usage.completion_tokens for each in decisions)


def spelled(value: object) -> str:
    """JSON as a model reads it: a text as it is."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _ways(value: bool, words: Sequence[Text | Given]) -> tuple[str, ...]:
    chinese = any("\u4e00" <= letter <= "\u9fff" for each in words if isinstance(each, Text) for letter in each.text)
    if chinese:
        return _YES_ZH if value else _NO_ZH
    return _YES if value else _NO


def _told(words: Sequence[Text | Given], choices: Sequence[tuple[str, str]]) -> tuple[Text | Given, ...]:
    lines = "".join(f"\n- {name}: {about}" if about else f"\n- {name}" for name, about in choices)
    return (*words, Text(lines)) if lines else tuple(words)
