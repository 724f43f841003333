"""Sizes of R3D-18 and what it wants of films. The form is ours: torchvision gives weights without a config.json.

    {"model_type": "r3d", "id2label": {"0": "abseiling", ...}}

is a whole config.json for torchvision's weights; everything else has its values.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from sensorium.core.config import to_dict
from sensorium.core.errors import ConfigError
from sensorium.core.sizes import check_sizes
from sensorium.inputs.pictures import Colour
from sensorium.models.reading import check_type, read_section


@dataclass(frozen=True)
class R3dConfig:
    """Network and preparation.

    channels, depths: of each stage, and how many blocks it has. num_frames: taken of a film. resize: height and width
    that frames are brought to, whatever their proportions; crop: cut out of their middle then.
    """

    channels: tuple[int, ...] = (64, 128, 256, 512)
    depths: tuple[int, ...] = (2, 2, 2, 2)
    num_frames: int = 16
    resize: tuple[int, int] = (128, 171)
    crop: tuple[int, int] = (112, 112)
    image_mean: Colour = (0.43216, 0.394666, 0.37645)
    image_std: Colour = (0.22803, 0.22145, 0.216989)

    def __post_init__(self) -> None:
        if len(self.channels) != len(self.depths) or min((*self.channels, *self.depths), default=0) < 1:
            raise ConfigError(
                f"R3D has channels {self.channels} and depths {self.depths}; expected one of each for every stage, at "
                "least 1. Change one of them."
            )
        check_sizes("R3D", layers=sum(self.depths), width=max(self.channels))
        fits = all(1 <= inner <= outer for inner, outer in zip(self.crop, self.resize, strict=True))
        if not fits or self.num_frames < 1 or not all(self.image_std):
            raise ConfigError(
                f"R3D takes {self.num_frames} frames, resized to {self.resize}, cropped to {self.crop} and divided by "
                f"{self.image_std}; expected at least one frame, a crop within it, and no 0. Change what is wrong."
            )


def read_config(data: Mapping[str, object], where: str = "config.json") -> R3dConfig:
    """What a config.json of ours says; what it leaves out is as in R3D-18.

    Raises: CheckpointError for another model type, a key that we do not know, or sizes that contradict each other.
    """
    check_type(data, "r3d", where=where, give="a folder with R3D weights and our config.json (models/r3d/card.md)")
    return read_section(R3dConfig, data, where=where)


def config_json(config: R3dConfig, labels: tuple[str, ...] = ()) -> dict[str, object]:
    """The config.json of a model, for `weights.loading.save_checkpoint`."""
    named = {"id2label": {str(index): label for index, label in enumerate(labels)}} if labels else {}
    return {"model_type": "r3d", **to_dict(config), **named}
