"""To learn a space: what belongs together comes to lie together, whatever its modality.

Of a match (data/matches) the words are drawn to each of its media and the media to each other, against all that stand
in the same micro-batch; matches of one key belong together, and words that were altered belong to nothing.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

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
from sensorium.nn.big_batch import everybodys, in_pieces
from sensorium.nn.contrast import matryoshka
from sensorium.training.contrast_losses import LOSSES, TEXT
from sensorium.training.lesson import Lesson
from sensorium.training.objective import PARTS, Amounts, Marks, Objective, Part
from sensorium.training.processes import Alone, Processes
from sensorium.training.stage import Stage

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
    """A loss between all kinds of a match, over the widths that places may be cut to.

    Where processes share a micro-batch, each has all of its matches, encodes its share, and takes the loss of all rows.
    """

    def __init__(
        self,
        space: NanoSpace,
        at_once: int | None = None,
        *,
        stage: Stage | None = None,
        processes: Processes | None = None,
    ) -> None:
        """Build.

        Args:
            space: that learns.
            at_once: matches whose graph is kept at a time, None for all.
            stage: what it says of a space; None for what it says by itself.
            processes: those that share each micro-batch, None where none do.
        """
        super().__init__()
        stage = stage or Stage("contrastive")
        self.drawing = LOSSES[stage.objective](stage)
        self._altered = stage.altered
        self._processes = processes or Alone()
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
        own = self._share(pairings)
        share = len(pairings) / amounts[0]

        def judged(rows: Tensor) -> Tensor:
            return self.loss(everybodys(rows)[: len(pairings)], pairings) * share

        if self.at_once is None or self.at_once >= len(own):
            loss = judged(self.rows(own))
            yield Part(loss, loss.item())
            return
        pieces = [own[start : start + self.at_once] for start in range(0, len(own), self.at_once)]
        first = True
        for loss in in_pieces(self.rows, pieces, judged):
            yield Part(loss, loss.item() if first else 0.0)
            first = False

    def _share(self, pairings: Sequence[Pairing]) -> Sequence[Pairing]:
        """What this process encodes: as many as any other, the last match again where it does not come out even."""
        count = -(-len(pairings) // self._processes.size)
        places = range(self._processes.rank * count, (self._processes.rank + 1) * count)
        return [pairings[min(place, len(pairings) - 1)] for place in places]

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
        """Of all kinds, the mean over widths. Inputs: rows: [B, 2 + media, D]. Returns: []."""
        said = {tuple(pairing.talk.ids) for pairing in pairings}
        altered = [self._altered and bool(each.against) and each.against not in said for each in pairings]
        names = [TEXT, *(item.modality for item in pairings[0].talk.items)]
        keys = _keys(pairings).to(rows.device)
        scale = self.model.logit_scale.exp().clamp(max=SHARPEST)

        def drawn(against: Tensor, *kinds: Tensor) -> Tensor:
            loss: Tensor = self.drawing(dict(zip(names, kinds, strict=True)), against, keys, scale)
            return loss

        kinds = (rows[:, WORDS], *rows[:, MEDIA:].unbind(dim=1))
        return matryoshka(drawn, (rows[:, AGAINST][altered], *kinds), self.dimensions)

    @torch.no_grad()
    def judge(self, lessons: Sequence[Lesson]) -> Marks:
        """Media whose own words are the nearest of the batch."""
        pairings = _pairings(lessons)
        rows = self.rows(pairings)
        nearest = (rows[:, MEDIA] @ rows[:, WORDS].T).argmax(dim=1)
        keys = _keys(pairings).to(rows.device)
        right = keys[nearest] == keys
        return Marks(right, self.loss(rows, pairings).item() * len(pairings), float(len(pairings)))


def _pairings(lessons: Sequence[Lesson]) -> list[Pairing]:
    return [lesson for lesson in lessons if isinstance(lesson, Pairing)]


def _keys(pairings: Sequence[Pairing]) -> Tensor:
    """A number below B for each, the same for those of one key: [B]."""
    numbers: dict[str, int] = {}
    return torch.tensor([numbers.setdefault(pairing.key, len(numbers)) for pairing in pairings])
