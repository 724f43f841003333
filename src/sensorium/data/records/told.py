"""A record as a training sample: its talk as it was written, system message and places of media included."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from sensorium.chat.message import Message
from sensorium.data.sample import Sample, Turn

_CHINESE = re.compile(r"[\u4e00-\u9fff]")


@dataclass(frozen=True, eq=False)
class Told(Sample):
    """A sample that was told by somebody; `turns` sum its talk up, and where they are cut, it is.

    source: the record, for messages.
    """

    talk: tuple[Message, ...] = field(default=(), kw_only=True)
    source: str = field(default="", kw_only=True)

    def messages(self) -> list[Message]:
        """The talk, as far as the turns go."""
        answers = [place for place, message in enumerate(self.talk) if message.role == "assistant"]
        return list(self.talk[: answers[len(self.turns) - 1] + 1]) if self.turns else []


def tell(talk: Sequence[Message], *, domain: str, source: str) -> Told:
    """A talk in which every question is answered, as a sample."""
    turns = tuple(
        Turn(asked.text, answer.text, domain, "zh" if _CHINESE.search(answer.text) else "en")
        for asked, answer in pairwise(talk)
        if answer.role == "assistant"
    )
    media = tuple(medium for message in talk for medium in message.media)
    return Told(media, turns, domain, talk=tuple(talk), source=source)
