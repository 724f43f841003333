"""`nano-space` as a model that embeds: items of any kinds to places."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from sensorium.chat.message import Text
from sensorium.chat.template import END, PAD
from sensorium.chat.tokenizer import Tokenizer
from sensorium.core.errors import UsageError
from sensorium.inputs.assemble import nano_item
from sensorium.inputs.batching import Item as Features
from sensorium.inputs.carrier import MediaBatch, Span
from sensorium.media.types import Modality
from sensorium.models.dual.texts import Texts
from sensorium.models.nano_space.config import NanoSpaceConfig
from sensorium.models.nano_space.model import SpaceNetwork
from sensorium.models.placing import Item

MODALITIES: tuple[Modality, ...] = ("text", "image", "audio", "video")
AT_ONCE = 32
"""Items that are encoded together, at most."""


class NanoSpace:
    """Satisfies `models.placing.Placing`."""

    def __init__(
        self, network: SpaceNetwork, config: NanoSpaceConfig, tokenizer: Tokenizer, sharpness: Mapping[str, float]
    ) -> None:
        """Join the parts; `sharpness` is by modality, where it was measured: else that of training holds."""
        self.network = network.eval()
        self.config = config
        self.tokenizer = tokenizer
        self.measured = sharpness
        self.texts = read_texts(tokenizer, config)

    @property
    def width(self) -> int:
        """Numbers of an embedding."""
        return self.config.width

    @property
    def modalities(self) -> tuple[Modality, ...]:
        """All but documents."""
        return MODALITIES

    @property
    def dimensions(self) -> tuple[int, ...]:
        """Those that it was trained for."""
        return self.config.dimensions

    def sharpness(self, modality: Modality) -> float:
        """As it was measured on held-out media of this modality, else as training left it."""
        return self.measured.get(modality, float(self.network.logit_scale.detach().exp()))

    def embed(self, items: Sequence[Item]) -> NDArray[np.float32]:
        """Places of items of any kinds, each of unit length. Returns: [N, width].

        Raises: InputError for an item that cannot be taken (a text or sound too long, a picture too narrow).
        """
        made = np.empty((len(items), self.width), np.float32)
        with torch.inference_mode():
            for places, rows in self._encoded(items):
                made[places] = rows.cpu().numpy()
        return made

    def _encoded(self, items: Sequence[Item]) -> Iterator[tuple[list[int], Tensor]]:
        """Items of one kind at a time: their numbers, and their rows [n, width]."""
        kinds: dict[str, list[int]] = defaultdict(list)
        for index, item in enumerate(items):
            kinds["text" if isinstance(item, str) else item.modality].append(index)
        for numbers in kinds.values():
            for start in range(0, len(numbers), AT_ONCE):
                some = numbers[start : start + AT_ONCE]
                yield some, self._rows([items[index] for index in some])

    def _rows(self, items: Sequence[Item]) -> Tensor:
        """Of items that are all texts, or all of one modality."""
        device = self.network.device
        texts = [item for item in items if isinstance(item, str)]
        if texts:
            ids, present = self.texts(texts)
            return self.network.embed_texts(ids.to(device), None if present is None else present.to(device))
        features = [nano_item(item, self.config.inputs) for item in items if not isinstance(item, str)]
        return self.network.embed_media(gather(features).to(device))


def read_texts(tokenizer: Tokenizer, config: NanoSpaceConfig) -> Texts:
    """How texts become ids: those of the words, then the end; padding is not seen."""
    return Texts(
        encode=partial(text_ids, tokenizer),
        pad=tokenizer.special(PAD),
        context=config.text.context,
        vocabulary=config.text.vocabulary,
        full=False,
        masked=True,
    )


def text_ids(tokenizer: Tokenizer, text: str) -> list[int]:
    """Ids of a text, its end included. Raises: UnreadableMedia for half characters."""
    return [*tokenizer.encode(Text(text)), tokenizer.special(END)]


def gather(items: Sequence[Features]) -> MediaBatch:
    """Items of one modality as a batch. Raises: UsageError for several modalities."""
    modalities = {item.modality for item in items}
    if len(modalities) != 1:
        raise UsageError(f"Got items of {sorted(modalities)}; expected one modality at a time. Sort them first.")
    return MediaBatch(
        modality=items[0].modality,
        features=tuple(torch.from_numpy(item.features) for item in items),
        spans=tuple(Span(index, item.rows) for index, item in enumerate(items)),
        times=tuple(torch.from_numpy(item.times) for item in items if item.times is not None),
    )
