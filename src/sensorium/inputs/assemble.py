"""Messages to `ModelInputs`: the one owner of placeholder counts.

A talk is rendered to pieces, pieces become ids; a medium becomes features and exactly as many placeholders as the
model will make rows of it. Media that the model cannot take are an error, never dropped.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray

from sensorium.chat.message import Message
from sensorium.chat.template import PAD, PLACEHOLDER, Piece, Slot, Special, Words, render
from sensorium.chat.tokenizer import Tokenizer
from sensorium.core.errors import LimitExceeded, UnsupportedMedia
from sensorium.inputs import features
from sensorium.inputs.carrier import MediaBatch, ModelInputs, RowModality, Span, TrainingInputs
from sensorium.inputs.spec import InputSpec
from sensorium.media.types import AudioClip, Image, Media, VideoClip

MODALITIES: tuple[RowModality, ...] = ("image", "audio", "video")


@dataclass(frozen=True, eq=False)
class Item:
    """One medium, ready to be batched; `rows` is its number of placeholders."""

    modality: RowModality
    features: NDArray[np.uint8] | NDArray[np.float32]
    rows: int
    times: NDArray[np.float32] | None = None


@dataclass(frozen=True, eq=False)
class Talk:
    """One talk as ids, its media, and per id the weight with which it is learnt (0 where the user speaks)."""

    ids: list[int]
    items: list[Item]
    weights: list[float]


class Assembler:
    """Builds inputs for one model: its tokenizer and its input spec."""

    def __init__(self, tokenizer: Tokenizer, spec: InputSpec) -> None:
        self.tokenizer = tokenizer
        self.spec = spec
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
        if len(talk.ids) > self.spec.max_tokens:
            raise LimitExceeded(
                f"talk: {len(talk.ids)} tokens, pictures and sounds included, is more than the {self.spec.max_tokens} "
                "this model takes. Ask about fewer or shorter media, or begin a new talk."
            )
        return talk

    def _add(self, talk: Talk, piece: Piece, weight: float) -> None:
        if isinstance(piece, Special):
            ids = [self.tokenizer.special(piece.token)]
        elif isinstance(piece, Words):
            ids = self.tokenizer.encode(piece.text)
        else:
            item = self.item(piece.media)
            talk.items.append(item)
            ids = [self._placeholder[item.modality]] * item.rows
        learnt = not isinstance(piece, Slot) and piece.answer
        talk.ids.extend(ids)
        talk.weights.extend([weight if learnt else 0.0] * len(ids))

    def item(self, media: Media) -> Item:
        """Features of one medium and its number of rows. Raises: as `talk`."""
        if isinstance(media, Image):
            pixels = features.image_features(media, self.spec.image)
            return Item("image", pixels, features.image_rows(pixels, self.spec.image))
        if isinstance(media, AudioClip):
            mel = features.audio_features(media, self.spec.audio)
            return Item("audio", mel, features.audio_rows(mel, self.spec.audio))
        if isinstance(media, VideoClip):
            frames, times = features.video_features(media, self.spec.video)
            return Item("video", frames, features.video_rows(frames, self.spec.video), times)
        raise UnsupportedMedia(
            f"{media.source}: this model takes {', '.join(MODALITIES)}, not {media.modality}. "
            "Paste the text into the question, or choose another model (sensorium models)."
        )

    def batch(self, talks: Sequence[Talk], *, left: bool = False) -> ModelInputs:
        """Pad talks to one length (on the left for generation) and group their media by modality."""
        length = max(len(talk.ids) for talk in talks)
        ids = torch.full((len(talks), length), self._pad)
        present = torch.zeros(len(talks), length, dtype=torch.bool)
        for row, talk in enumerate(talks):
            at = slice(length - len(talk.ids), None) if left else slice(0, len(talk.ids))
            ids[row, at] = torch.tensor(talk.ids)
            present[row, at] = True
        media = tuple(batch for batch in (_collect(talks, modality) for modality in MODALITIES) if batch.features)
        return ModelInputs(
            ids=ids,
            positions=(present.cumsum(dim=1) - 1).clamp(min=0),
            present=None if bool(present.all()) else present,
            media=media,
            places=tuple(ids == self._placeholder[batch.modality] for batch in media),
        )

    def training_batch(self, talks: Sequence[Talk]) -> TrainingInputs:
        """A right-padded batch with the weight of every token."""
        inputs = replace(self.batch(talks), present=None)
        weights = torch.zeros(inputs.ids.shape)
        for row, talk in enumerate(talks):
            weights[row, : len(talk.weights)] = torch.tensor(talk.weights)
        return TrainingInputs(inputs, weights)


def _collect(talks: Sequence[Talk], modality: RowModality) -> MediaBatch:
    found = [(row, item) for row, talk in enumerate(talks) for item in talk.items if item.modality == modality]
    return MediaBatch(
        modality=modality,
        features=tuple(torch.from_numpy(item.features) for _, item in found),
        spans=tuple(Span(row, item.rows) for row, item in found),
        times=tuple(torch.from_numpy(item.times) for _, item in found if item.times is not None),
    )


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
