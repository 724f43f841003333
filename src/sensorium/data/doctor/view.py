"""One record as a model sees it: its tokens, those with loss marked, and its pictures after resizing and tiling."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from sensorium.chat.hub_tokenizer import HubTokenizer
from sensorium.chat.message import Message
from sensorium.chat.template import SPECIAL_TOKENS
from sensorium.chat.tokenizer import Decodes, Detokenizer, Tokenizer
from sensorium.core.errors import UnreadableMedia
from sensorium.data.doctor.lens import Assembles, Lens
from sensorium.data.records.media import read_messages
from sensorium.data.records.record import TRAINED, Record
from sensorium.data.records.source import Records
from sensorium.inputs.batching import Item, Talk

_RUN = 4
"""Equal tokens in a row that are shown as one with their number."""

_MOST_PICTURES = 32


@dataclass(frozen=True)
class Token:
    """A token, or `times` equal ones in a row: its text, and whether predicting it is learnt.

    special: it is no text. A character whose bytes are shared by several tokens stands in the last of them.
    """

    text: str
    learnt: bool
    times: int = 1
    special: bool = False


@dataclass(frozen=True, eq=False)
class Shown:
    """A medium: what it is, where from, how many rows the model makes of it, and its pictures uint8 [h, w, 3].

    Of a sound the picture is its mel, low tones at the bottom.
    """

    modality: str
    source: str
    rows: int
    pictures: tuple[NDArray[np.uint8], ...]
    left_out: int = 0


@dataclass(frozen=True, eq=False)
class View:
    """All that a model called `model`, which takes `limit` tokens, sees of the record `source`."""

    source: str
    model: str
    limit: int
    count: int
    tokens: tuple[Token, ...]
    media: tuple[Shown, ...]

    @property
    def learnt(self) -> int:
        """Tokens that carry loss."""
        return sum(token.times for token in self.tokens if token.learnt)


def view(records: Records, number: int, lens: Lens) -> View:
    """Show a record of a file.

    Raises: UnreadableMedia for one that cannot be trained on, InputError for media that the model cannot take, or a
    talk that is too long for it.
    """
    record = _checked(records[number])
    messages = read_messages(record, records.media)
    talk = lens.assembler.talk(messages, ask=False)
    names = [medium.source for message in messages for medium in message.media]
    names += [""] * (len(talk.items) - len(names))
    return View(
        source=record.source,
        model=lens.name,
        limit=lens.max_tokens,
        count=len(talk.ids),
        tokens=tuple(_tokens(talk.ids, learnt(lens.assembler, messages, talk), lens.tokenizer)),
        media=tuple(_shown(item, name) for item, name in zip(talk.items, names, strict=False)),
    )


def _checked(record: Record) -> Record:
    for fault in record.faults:
        if fault.kind not in TRAINED:
            raise UnreadableMedia(f"{record.source}: {fault.what}; expected a record to train on. {fault.advice}")
    return record


def learnt(assembler: Assembles, messages: Sequence[Message], talk: Talk) -> list[bool]:
    """Which tokens of a talk carry loss.

    An assembler that gives weights says it itself. Otherwise it is what an answer adds: from the end of the talk before
    it, with the invitation to answer, to the end of the talk with it.
    """
    if any(talk.weights):
        return [weight > 0.0 for weight in talk.weights]
    carries = [False] * len(talk.ids)
    for place, message in enumerate(messages):
        if message.role == "assistant":
            start = _common(talk.ids, assembler.talk(messages[:place], ask=True).ids)
            end = _common(talk.ids, assembler.talk(messages[: place + 1], ask=False).ids)
            carries[start:end] = [True] * (end - start)
    return carries


def _common(ids: Sequence[int], others: Sequence[int]) -> int:
    """How many first ids are the same."""
    return next((at for at, pair in enumerate(zip(ids, others, strict=False)) if pair[0] != pair[1]), len(others))


def _tokens(ids: Sequence[int], carries: Sequence[bool], tokenizer: Decodes) -> Iterator[Token]:
    names = _special_names(tokenizer)
    pieces = Detokenizer(tokenizer)
    for (id_, carried), run in groupby(zip(ids, carries, strict=True)):
        times = len(list(run))
        name = names.get(id_)
        if name is not None:
            if times >= _RUN:
                yield Token(name, carried, times, special=True)
            else:
                yield from [Token(name, carried, special=True)] * times
            continue
        for _ in range(times):
            yield Token(pieces.push(id_), carried)
    if rest := pieces.finish():
        yield Token(rest, False)


def _special_names(tokenizer: Decodes) -> Mapping[int, str]:
    if isinstance(tokenizer, Tokenizer):
        return {tokenizer.special(token): token for token in SPECIAL_TOKENS}
    if isinstance(tokenizer, HubTokenizer):
        return {tokenizer.id(token): token for token in tokenizer.control}
    return {}


def _shown(item: Item, source: str) -> Shown:
    pictures = list(_pictures(item))
    kept = tuple(pictures[:_MOST_PICTURES])
    return Shown(item.modality, source, item.rows, kept, len(pictures) - len(kept))


def _pictures(item: Item) -> Iterator[NDArray[np.uint8]]:
    """Features as pictures: numbers from the least to the greatest as 0 to 255."""
    values = item.features
    if values.dtype != np.uint8:
        low, high = float(values.min(initial=0.0)), float(values.max(initial=0.0))
        values = ((values - low) * (255.0 / max(high - low, 1e-9))).astype(np.uint8)
    if values.ndim == 2:
        yield np.repeat(values[::-1, :, None], 3, axis=2).astype(np.uint8)  # [M, frames] to [M, frames, 3]
    elif values.ndim >= 3 and values.shape[-3] == 3:
        for picture in values.reshape(-1, *values.shape[-3:]):  # [N, 3, h, w]
            yield np.moveaxis(picture, 0, -1).astype(np.uint8)
