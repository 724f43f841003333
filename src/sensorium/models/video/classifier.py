"""What users get of a model that names films: films to rows and to names, and how a folder becomes that."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from sensorium.core.errors import CheckpointError, UsageError
from sensorium.inputs.refusals import not_taken
from sensorium.media.types import Media, VideoClip
from sensorium.models.reading import of_checkpoint
from sensorium.models.video.network import VideoNetwork
from sensorium.nn.skeleton import Unfilled
from sensorium.weights.checkpoint import Checkpoint
from sensorium.weights.folder import read_json
from sensorium.weights.keymap import KeyMap
from sensorium.weights.loading import load_checkpoint

C = TypeVar("C")

Prepare = Callable[[VideoClip], NDArray[np.float32]]
"""A film to [F, 3, height, width]."""


class VideoModel:
    """A video network with the preparation of films and the names of its classes."""

    def __init__(self, network: VideoNetwork, *, prepare: Prepare, labels: Sequence[str], name: str) -> None:
        """Join ready parts; `labels` in the order of the classes, none for an encoder alone."""
        self.network = network.eval()
        self.labels = tuple(labels)
        self.name = name
        self._prepare = prepare

    def rows(self, clip: Media) -> Tensor:
        """A film as rows of features. Returns: [S, D].

        Raises: InputError for a film that cannot be taken, or for other media.
        """
        with torch.inference_mode():
            return self.network.rows(self._frames(clip))[0]

    def classify(self, clip: Media, top: int = 5) -> list[tuple[str, float]]:
        """The most probable classes of a film and their chances, the best first; all there are if fewer than `top`.

        Raises: InputError as `rows`; UsageError for a `top` below 1, or a checkpoint without classes.
        """
        if top < 1:
            raise UsageError(f"Got top={top}; expected at least 1. Ask for one or more classes.")
        with torch.inference_mode():
            chances = self.network(self._frames(clip))[0].float().softmax(dim=-1)
        best = chances.topk(min(top, len(self.labels)))
        return [(self.labels[index], chance) for chance, index in zip(*map(Tensor.tolist, best), strict=True)]

    def _frames(self, clip: Media) -> Tensor:
        """Returns: [1, F, 3, height, width]."""
        if not isinstance(clip, VideoClip):
            raise not_taken(clip, "video", advice="Give a film, or choose another model")
        device = next(self.network.parameters()).device
        return torch.from_numpy(self._prepare(clip)).unsqueeze(0).to(device)


@dataclass(frozen=True)
class VideoFamily(Generic[C]):
    """How the checkpoints of a family are read; C is its config.

    config: a config.json, and its name for messages, to C. network: with random weights, for so many classes; None for
    the encoder alone. rules: the key map, with the classifier or without. prepare: how a folder wants films prepared.
    classifier: the name in a checkpoint by which one with classes is known.
    """

    config: Callable[[Mapping[str, object], str], C]
    network: Callable[[C, int | None], VideoNetwork]
    rules: Callable[[C, bool], KeyMap]
    prepare: Callable[[Path, C], Prepare]
    classifier: str = "classifier.weight"

    def load(self, folder: Path, *, dtype: torch.dtype | None = torch.float32) -> VideoModel:
        """Read a checkpoint: config.json, weights, and what says how films are prepared.

        Args:
            folder: of the model.
            dtype: of the weights; None for the type that they have in the checkpoint.

        Raises: CheckpointError when a file is missing, damaged or foreign, or does not fit the others.
        """
        where = folder / "config.json"
        data = read_json(where)
        config = self.config(data, str(where))
        checkpoint = Checkpoint.open(folder)
        named = self.classifier in checkpoint.names
        labels = read_labels(data, where=str(where)) if named else ()
        with of_checkpoint(str(folder)), Unfilled():
            network = self.network(config, len(labels) if named else None)
        with of_checkpoint(str(folder)):
            prepare = self.prepare(folder, config)
        load_checkpoint(network, checkpoint, self.rules(config, named), dtype=dtype)
        return VideoModel(network, prepare=prepare, labels=labels, name=folder.name)


def read_labels(data: Mapping[str, object], *, where: str) -> tuple[str, ...]:
    """Names of the classes in a config.json, by "id2label"; without it, as many of no meaning as "num_labels" says.

    Raises: CheckpointError for names that are not numbered from 0.
    """
    table = data.get("id2label")
    if table is None:
        count = data.get("num_labels", 2)
        table = {str(index): f"LABEL_{index}" for index in range(count if isinstance(count, int) else 0)}
    names = table if isinstance(table, Mapping) else {}
    labels = tuple(str(names.get(str(index), "")) for index in range(len(names)))
    if not labels or not all(labels):
        raise CheckpointError(
            f"{where}: id2label has {len(names)} names that are not numbered from 0 on; expected one for each class. "
            "Fetch the checkpoint again."
        )
    return labels
