"""Many questions at once, for measuring: the same answers as `ask`, without streaming or a talk."""

from collections.abc import Sequence
from dataclasses import dataclass

from sensorium.chat.message import Message
from sensorium.engine.generate import TokenEvent, generate
from sensorium.engine.sampling import Sampling
from sensorium.runtime.judgement import kind_of, likelihood
from sensorium.runtime.parts import Parts


@dataclass(frozen=True)
class Reply:
    """A greedy answer, the product of its tokens' probabilities, and what kind of media were shown (`kind_of`)."""

    text: str
    probability: float
    kind: str


def answer_many(parts: Parts, talks: Sequence[Sequence[Message]], *, max_tokens: int = 64) -> list[Reply]:
    """Answer talks as one batch, greedily; each ends with a question. Raises: as `LocalModel.ask`."""
    model = parts.model
    asked = [model.assembler.talk(talk, ask=True) for talk in talks]
    inputs = model.assembler.batch(asked, left=True)
    events: list[list[TokenEvent]] = [[] for _ in talks]
    sampling = Sampling(max_tokens=max_tokens)
    for step in generate(model.network, inputs, sampling, stops=model.stops, banned=model.banned):
        for row, event in zip(events, step, strict=True):
            row.extend([event] if event is not None else [])
    return [
        Reply(
            text=model.tokenizer.decode([event.id for event in row if event.finish != "stop"]),
            probability=likelihood(row),
            kind=kind_of(item.modality for item in talk.items),
        )
        for talk, row in zip(asked, events, strict=True)
    ]
