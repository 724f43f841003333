"""To learn a space: what belongs together comes to lie together, whatever its modality.

Of a match (data/matches) the words are drawn to each of its media and the media to each other, against all that stand
in the same micro-batch; matches of one key belong together, and words that were altered belong to nothing.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations

import torch
from torch import Tensor

from sensorium.core.errors import ConfigError
from sensorium.data.matches.match import Match
from sensorium.data.sample import Sample
from sensorium.inputs.assemble import nano_item
from sensorium.inputs.batching import Talk
from sensorium.inputs.spec import InputSpec
from sensorium.models.dual.texts import Texts
from sensorium.models.nano_space.placer import NanoSpace, gather
from sensorium.nn.big_batch import in_pieces
from sensorium.nn.contrast import matryoshka, multi_positive
from sensorium.training.lesson import Lesson
from sensorium.training.objective import PARTS, Amounts, Marks, Objective, Part

WORDS, AGAINST, MEDIA = 0, 1, 2
"""Places among the rows of a match: its words, the altered words, then its media."""

SHARPEST = 100.0
"""Cosines are multiplied with at most so much, as in CLIP."""


@dataclass(frozen=True, eq=False)
class Pairing(Lesson):
    """A match made ready: its talk has the words' ids and the media; `key` and `against` are the match's."""

    key: str = field(kw_only=True)
    against: tuple[int, ...] = field(default=(), kw_only=True)


@dataclass(frozen=True, eq=False)
class MatchTutor:
    """Satisfies `objective.Tutor`."""

    texts: Texts
    spec: InputSpec

    def __call__(self, sample: Sample, *, answered: bool = True) -> Pairing:
        """Ids and features. Raises: InputError for what the model cannot take; ConfigError for what is no match."""
        if not isinstance(sample, Match):
            raise ConfigError(
                f"recipe: {sample.domain} has no matches to learn a space from. Choose from data/matches/catalog.py."
            )
        items = [nano_item(medium, self.spec) for medium in sample.media]
        talk = Talk(self.texts.ids(sample.words), items, [])
        against = tuple(self.texts.ids(sample.against)) if sample.against else ()
        return Pairing(talk, answered=answered, key=sample.key, against=against)


class Contrast(Objective):
    """Multi-positive InfoNCE between all kinds of a match, over the widths that places may be cut to."""

    def __init__(self, space: NanoSpace, at_once: int | None = None) -> None:
        """Build. Args: space: that learns; at_once: matches whose graph is kept at a time, None for all."""
        super().__init__()
        self.model = space.network
        self.texts = space.texts
        self.tutor = MatchTutor(space.texts, space.config.inputs)
        self.dimensions = space.dimensions
        self.at_once = at_once

    def amounts(self, lessons: Sequence[Lesson]) -> Amounts:
        """Matches."""
        return (float(len(lessons)),)

    def parts(self, lessons: Sequence[Lesson], amounts: Amounts) -> Iterator[Part]:
        """The whole batch at once, or in pieces by gradient caching (nn/big_batch.py)."""
        pairings = _pairings(lessons)
        share = len(pairings) / amounts[0]
        if self.at_once is None or self.at_once >= len(pairings):
            loss = self.loss(self.rows(pairings), pairings) * share
            yield Part(loss, loss.item())
            return
        pieces = [pairings[start : start + self.at_once] for start in range(0, len(pairings), self.at_once)]
        first = True
        for loss in in_pieces(self.rows, pieces, lambda rows: self.loss(rows, pairings) * share):
            yield Part(loss, loss.item() if first else 0.0)
            first = False

    def rows(self, pairings: Sequence[Pairing]) -> Tensor:
        """Places of words, altered words (or the words again, where there are none) and media: [B, 2 + media, D]."""
        device = self.model.device
        words = [tuple(pairing.talk.ids) for pairing in pairings]
        written = [*words, *(pairing.against or own for pairing, own in zip(pairings, words, strict=True))]
        texts = self._texts(written).view(2, len(pairings), -1)
        media = [
            self.model.embed_media(gather([pairing.talk.items[slot] for pairing in pairings]).to(device))
            for slot in range(len(pairings[0].talk.items))
        ]
        return torch.stack((*texts, *media), dim=1)

    def _texts(self, written: Sequence[tuple[int, ...]]) -> Tensor:
        """Places of texts, each different one read once, in parts of like length. Returns: [texts, D]."""
        device = self.model.device
        different = sorted({*written}, key=lambda text: (len(text), text))
        size = max(1, -(-len(different) // PARTS))
        made = []
        for start in range(0, len(different), size):
            ids, present = self.texts.padded(different[start : start + size])
            made.append(self.model.embed_texts(ids.to(device), None if present is None else present.to(device)))
        numbers = {text: number for number, text in enumerate(different)}
        return torch.cat(made)[[numbers[text] for text in written]]

    def loss(self, rows: Tensor, pairings: Sequence[Pairing]) -> Tensor:
        """The mean over pairs of kinds. Inputs: rows: [B, 2 + media, D]. Returns: []."""
        positives = _same_key(pairings).to(rows.device)
        said = {tuple(pairing.talk.ids) for pairing in pairings}
        altered = [bool(each.against) and each.against not in said for each in pairings]
        scale = self.model.logit_scale.exp().clamp(max=SHARPEST)
        words, against = rows[:, WORDS], rows[:, AGAINST][altered]
        media = rows[:, MEDIA:].unbind(dim=1)

        def told(medium: Tensor, words: Tensor, against: Tensor) -> Tensor:
            return multi_positive(medium, words, positives, scale, against=against if len(against) else None)

        def together(one: Tensor, two: Tensor) -> Tensor:
            return multi_positive(one, two, positives, scale)

        losses = [matryoshka(told, (medium, words, against), self.dimensions) for medium in media]
        losses += [matryoshka(together, pair, self.dimensions) for pair in combinations(media, 2)]
        return torch.stack(losses).mean()

    @torch.no_grad()
    def judge(self, lessons: Sequence[Lesson]) -> Marks:
        """Media whose own words are the nearest of the batch."""
        pairings = _pairings(lessons)
        rows = self.rows(pairings)
        nearest = (rows[:, MEDIA] @ rows[:, WORDS].T).argmax(dim=1)
        right = _same_key(pairings).to(rows.device)[torch.arange(len(pairings), device=rows.device), nearest]
        return Marks(right, self.loss(rows, pairings).item() * len(pairings), float(len(pairings)))


def _pairings(lessons: Sequence[Lesson]) -> list[Pairing]:
    return [lesson for lesson in lessons if isinstance(lesson, Pairing)]


def _same_key(pairings: Sequence[Pairing]) -> Tensor:
    """[B, B] bool."""
    numbers: dict[str, int] = {}
    keys = torch.tensor([numbers.setdefault(pairing.key, len(numbers)) for pairing in pairings])
    return keys[:, None] == keys
