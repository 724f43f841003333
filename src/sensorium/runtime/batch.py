"""Many questions at once, for measuring: the same answers as `ask`, without streaming or a talk."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from sensorium.chat.message import Message
from sensorium.chat.template import END
from sensorium.engine.generate import TokenEvent, generate
from sensorium.engine.sampling import Sampling
from sensorium.inputs.assemble import Assembler
from sensorium.runtime.parts import Parts


@dataclass(frozen=True)
class Reply:
    """A greedy answer and the product of its tokens' probabilities."""

    text: str
    probability: float


def answer_many(parts: Parts, talks: Sequence[Sequence[Message]], *, max_tokens: int = 64) -> list[Reply]:
    """Answer talks as one batch, greedily; each ends with a question. Raises: as `LocalModel.ask`."""
    assembler = Assembler(parts.tokenizer, parts.spec)
    inputs = assembler.batch([assembler.talk(talk, ask=True) for talk in talks], left=True)
    events: list[list[TokenEvent]] = [[] for _ in talks]
    stop = parts.tokenizer.special(END)
    for step in generate(parts.network, inputs, Sampling(max_tokens=max_tokens), stop=stop):
        for row, event in zip(events, step, strict=True):
            row.extend([event] if event is not None else [])
    return [
        Reply(
            text=parts.tokenizer.decode([event.id for event in row if event.finish != "stop"]),
            probability=math.exp(sum(event.log_prob for event in row)),
        )
        for row in events
    ]
