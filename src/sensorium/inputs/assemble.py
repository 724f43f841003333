"""Messages to `ModelInputs`: the one owner of placeholder counts.

A talk is rendered to pieces, pieces become ids; a medium becomes features and exactly as many placeholders as the
model will make rows of it. Media that the model cannot take are an error, never dropped.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import torch

from sensorium.chat.message import Message
from sensorium.chat.template import PAD, PLACEHOLDER, Piece, Slot, Special, Words, render
from sensorium.chat.tokenizer import Tokenizer
from sensorium.inputs import features
from sensorium.inputs.batching import Item, Talk, batch_talks
from sensorium.inputs.carrier import ModelInputs, RowModality, TrainingInputs
from sensorium.inputs.refusals import check_length, not_taken
from sensorium.inputs.spec import InputSpec
from sensorium.media.types import AudioClip, Image, Media, VideoClip

MODALITIES: tuple[RowModality, ...] = ("image", "audio", "video")


class Assembler:
    """Builds inputs for one model: its tokenizer and its input spec."""

    def __init__(self, tokenizer: Tokenizer, spec: InputSpec, *, item: Callable[[Media], Item] | None = None) -> None:
        """Build. Args: item: features of one medium and its number of rows; None for those of `nano`."""
        self.tokenizer = tokenizer
        self.spec = spec
        self._item = item or partial(nano_item, spec=spec)
        self._placeholder = {modality: tokenizer.special(PLACEHOLDER[modality]) for modality in MODALITIES}
        self._pad = tokenizer.special(PAD)

    def talk(self, messages: Sequence[Message], *, ask: bool, weights: Sequence[float] = ()) -> Talk:
        """Ids and features of one talk.

        Args:
            messages: in order.
            ask: end with the invitation to answer.
            weights: of the assistant's messages, in order; 1 for those not named.

        Raises: UnsupportedMedia for a medium that the model cannot take; LimitExceeded for one that is too long, or a
        talk with more tokens than the model takes; UnreadableMedia for text that is not Unicode.
        """
        talk = Talk([], [], [])
        answers = _answer_weights(messages, weights)
        for piece, weight in zip(render(messages, ask=ask), _spread(messages, answers, ask), strict=True):
            self._add(talk, piece, weight)
        check_length(talk.ids, self.spec.max_tokens)
        return talk

    def _add(self, talk: Talk, piece: Piece, weight: float) -> None:
        if isinstance(piece, Special):
            ids = [self.tokenizer.special(piece.token)]
        elif isinstance(piece, Words):
            ids = self.tokenizer.encode(piece.text)
        else:
            item = self._item(piece.media)
            talk.items.append(item)
            ids = [self._placeholder[item.modality]] * item.rows
        learnt = not isinstance(piece, Slot) and piece.answer
        talk.ids.extend(ids)
        talk.weights.extend([weight if learnt else 0.0] * len(ids))

    def batch(self, talks: Sequence[Talk], *, left: bool = False) -> ModelInputs:
        """Pad talks to one length (on the left for generation) and group their media by modality."""
        return batch_talks(talks, pad=self._pad, placeholders=self._placeholder, left=left)

    def training_batch(self, talks: Sequence[Talk]) -> TrainingInputs:
        """A right-padded batch with the weight of every token."""
        inputs = replace(self.batch(talks), present=None)
        weights = torch.zeros(inputs.ids.shape)
        for row, talk in enumerate(talks):
            weights[row, : len(talk.weights)] = torch.tensor(talk.weights)
        return TrainingInputs(inputs, weights)


def nano_item(media: Media, spec: InputSpec) -> Item:
    """Features of one medium for the encoders of `nano`. Raises: as `Assembler.talk`."""
    if isinstance(media, Image):
        pixels = features.image_features(media, spec.image)
        return Item("image", pixels, features.image_rows(pixels, spec.image))
    if isinstance(media, AudioClip):
        mel = features.audio_features(media, spec.audio)
        return Item("audio", mel, features.audio_rows(mel, spec.audio))
    if isinstance(media, VideoClip):
        frames, times = features.video_features(media, spec.video)
        return Item("video", frames, features.video_rows(frames, spec.video), times)
    raise not_taken(media, *MODALITIES)


def _answer_weights(messages: Sequence[Message], weights: Sequence[float]) -> list[float]:
    """One weight per message: the given ones for the assistant's, in order, else 1."""
    given = iter(weights)
    return [next(given, 1.0) if message.role == "assistant" else 1.0 for message in messages]


def _spread(messages: Sequence[Message], weights: Sequence[float], ask: bool) -> list[float]:
    """The weight of each piece that `render` gives: that of its message."""
    spread = []
    for message, weight in zip(messages, weights, strict=True):
        spread.extend([weight] * sum(1 for _ in render([message], ask=False)))
    return spread + [1.0] * ask
