"""Media to the features that the encoders of a composed model take, and to as many placeholders as it makes rows."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import prod

from sensorium.fusion.connectors import Grid, folded
from sensorium.fusion.merging import TokenMerging
from sensorium.inputs.batching import Item
from sensorium.inputs.carrier import RowModality
from sensorium.inputs.refusals import not_taken
from sensorium.inputs.templated import Prepared
from sensorium.media.types import SAMPLE_RATE, Media
from sensorium.models.composed.config import Around, ComposedConfig, EncoderConfig
from sensorium.models.composed.encoders import ENCODERS
from sensorium.models.composed.kinds import Prepare, Shape, Wanted
from sensorium.models.whisper.config import WhisperConfig
from sensorium.models.whisper.inputs import mel_of

MARKS = {"image": "<image>", "audio": "<audio>", "video": "<video>"}
"""The tokens that stand for rows where the language model has come with a tokenizer of its own."""


@dataclass(frozen=True, eq=False)
class Way:
    """How media of one modality are prepared, and how many rows the language model gets of their features."""

    prepare: Prepare
    rows: Callable[[Shape], int]


@dataclass(frozen=True, eq=False)
class Preparer:
    """Media to items; `ways` and what stands around the rows by modality."""

    ways: Mapping[RowModality, Way]
    around: Mapping[RowModality, Around] = field(default_factory=dict)

    def item(self, medium: Media) -> Item:
        """Raises: UnsupportedMedia for what the model has no encoder for; InputError for what an encoder refuses."""
        for modality, way in self.ways.items():
            if medium.modality == modality:
                features, times = way.prepare(medium)
                return Item(modality, features, way.rows(features.shape), times)
        raise not_taken(medium, *self.ways)

    def __call__(self, medium: Media) -> Prepared:
        """An item, and its placeholders among the words, with what stands around them. Raises: as `item`."""
        item = self.item(medium)
        rows, around = MARKS[item.modality] * item.rows, self.around.get(item.modality)
        return Prepared(item, rows if around is None else "".join((*around.before, rows, *around.after)))


def preparer(config: ComposedConfig) -> Preparer:
    """How the media of a model are prepared.

    Raises: ConfigError for input facts that do not suit its encoders; CheckpointError for settings that do not.
    """
    ways = {modality: _way(config, modality, encoder) for modality, encoder in config.encoders.items()}
    return Preparer(ways, config.around)


def _way(config: ComposedConfig, modality: RowModality, encoder: EncoderConfig) -> Way:
    kind, sizes = ENCODERS[encoder.kind], encoder.built_sizes()
    settings = encoder.settings or kind.settings(sizes)
    wanted = Wanted(config.inputs, settings, config.factors(modality))

    def rows(shape: Shape) -> int:
        return 1 if config.fusion.kind == "middle" else rows_out(config, modality, kind.grid(sizes, shape))

    if kind.fixed:
        rows_out(config, modality, kind.grid(sizes, ()))  # better refused now than at the first medium
    return Way(kind.prepare(sizes, wanted), rows)


def rows_out(config: ComposedConfig, modality: RowModality, grid: Grid) -> int:
    """How many rows connector and merging leave of a grid. Raises: ConfigError when blocks do not fill it."""
    connector, cut = config.connector(modality), config.merging.get(modality)
    cells = folded(grid, connector.factors) if connector.factors else grid
    rows = connector.queries if connector.asks else prod(cells)
    return rows if cut is None else TokenMerging(cut=cut).rows_out(rows)


def longest_sound(config: ComposedConfig) -> float:
    """Seconds of sound that a model hears, 0 for none."""
    encoder = config.encoders.get("audio")
    if encoder is None:
        return 0.0
    sizes = encoder.built_sizes()
    if isinstance(sizes, WhisperConfig):
        return mel_of(sizes).samples / SAMPLE_RATE
    return config.inputs.audio.max_seconds
