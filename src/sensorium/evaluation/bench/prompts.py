"""What models are asked while they are timed: noise of 512x512 pixels, words without end."""

from dataclasses import dataclass

import numpy as np

from sensorium.chat.message import user
from sensorium.core.errors import InputError
from sensorium.inputs.carrier import ModelInputs
from sensorium.media.types import Image
from sensorium.models.answerer import Answerer

QUESTION = "What is in this picture? Say it in one short sentence, and name the largest thing that you can see in it."
SECOND = (
    "Name the largest thing in this picture. What is it that you can see? Say it in one short sentence, and see it."
)
"""As long as the first in any tokens: it has the same words."""
WORD = " the"


@dataclass(frozen=True)
class Sizes:
    """How much is asked, in tokens.

    prompt: before a stream is timed. decoded: of a stream that is timed.
    streams: at once; said: by each of them.
    contexts: lengths at which cost is compared, ascending.
    """

    prompt: int
    decoded: int
    streams: int
    said: int
    contexts: tuple[int, ...]


CONTEXTS = (128, 512, 1024, 2048, 4096, 8192)
SHOWN_STEPS = 16
"""Tokens that are said at each context."""


def sizes_for(model: Answerer) -> Sizes:
    """The usual ones, or what a model with less room takes."""
    room = model.max_tokens
    contexts = tuple(each for each in CONTEXTS if each + SHOWN_STEPS < room)
    return Sizes(
        prompt=min(128, room // 4), decoded=min(96, room // 2), streams=8, said=min(64, room // 4), contexts=contexts
    )


def picture(seed: int) -> Image:
    """512x512 pixels of noise."""
    return Image(np.random.default_rng(seed).integers(0, 256, (512, 512, 3), np.uint8), source=f"picture {seed}")


def pictured(model: Answerer, image: Image, question: str) -> ModelInputs:
    """A question about a picture. Raises: InputError for a model that takes none."""
    return model.assembler.batch([model.assembler.talk([user(image, question)], ask=True)])


def takes_pictures(model: Answerer) -> bool:
    """Whether a model can be asked about one."""
    try:
        pictured(model, picture(0), QUESTION)
    except InputError:
        return False
    return True


def words(model: Answerer, tokens: int) -> ModelInputs:
    """A question of so many tokens, or few less. Raises: InputError for a model that takes no words alone."""
    few, many = (_length(model, count) for count in (2, 18))
    count = max(int(2 + 16 * (tokens - few) / (many - few)), 1)
    while count > 1 and _length(model, count) > tokens:
        count -= 1
    return model.assembler.batch([model.assembler.talk([user(WORD * count)], ask=True)])


def asked(model: Answerer, tokens: int) -> ModelInputs:
    """Words of so many tokens; of a model that takes none alone, a question about a picture."""
    try:
        return words(model, tokens)
    except InputError:
        return pictured(model, picture(0), QUESTION)


def _length(model: Answerer, count: int) -> int:
    return len(model.assembler.talk([user(WORD * count)], ask=True).ids)
