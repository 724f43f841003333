"""In which parts a composed model differs from a known family: what all families ask of it, and the near ones."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import torch

from sensorium.models.composed.config import ComposedConfig
from sensorium.models.composed.encoders import ENCODERS
from sensorium.models.composed.folder import TEMPLATED, Model
from sensorium.models.composed.kinds import Settings

FLATTEN = (
    "{% set flat = namespace(messages=[]) %}{% for message in messages %}{% set said = namespace(text='') %}"
    "{% if message['content'] is string %}{% set said.text = message['content'] %}"
    "{% else %}{% for part in message['content'] %}"
    "{% set said.text = said.text + (part['text'] if part['type'] == 'text' else 'IMAGE') %}"
    "{% endfor %}{% endif %}"
    "{% set flat.messages = flat.messages + [{'role': message['role'], 'content': said.text}] %}{% endfor %}"
    "{% set messages = flat.messages %}"
)
"""Stands before a template that takes strings: the reference's processors give it lists of parts."""


@dataclass(frozen=True)
class Form:
    """A family. made_of: in the words of a composed model's YAML. differing: what keeps a model from it, a phrase each.

    Only a model with a picture's encoder alone is near to any of those that are here.
    """

    name: str
    made_of: str
    differing: Callable[[Model], Iterator[str]]

    def differences(self, model: Model) -> tuple[str, ...]:
        """All that keeps a model from being of the family; none where it is."""
        return (*_others(model), *self.differing(model))


class Write(Protocol):
    """Writes a model that is of the family."""

    def __call__(self, model: Model, folder: Path, out: Path, dtype: torch.dtype | None) -> None:
        """Args: folder: of the model; out, dtype: as of `export.export`. Raises: OSError."""


@dataclass(frozen=True)
class Written:
    """A family that can be written."""

    form: Form
    write: Write

    @property
    def name(self) -> str:
        """Of its folder in models/."""
        return self.form.name.lower()

    def differences(self, model: Model) -> tuple[str, ...]:
        """As of `Form`."""
        return self.form.differences(model)


def nearest(model: Model, forms: Sequence[Form]) -> tuple[Form, tuple[str, ...]]:
    """The family that least keeps a model from, the first of equals, and what does."""
    found = [(form, form.differences(model)) for form in forms]
    return min(found, key=lambda each: len(each[1]))


def _others(model: Model) -> Iterator[str]:
    """What no family here has."""
    config = model.config
    if others := [modality for modality in config.encoders if modality != "image"]:
        yield f"it has an encoder of {' and of '.join(others)}"
    if config.merging or any(encoder.merging for encoder in config.encoders.values()):
        yield "it merges rows"


def early(config: ComposedConfig) -> Iterator[str]:
    """Unless rows stand among the tokens."""
    if config.fusion.kind != "early" or config.fusion.aligned:
        yield f"its modalities meet by {config.fusion.kind} fusion" + (
            f" with join {config.fusion.join}" if config.fusion.kind == "early" else ""
        )


def speaks(model: Model, kinds: Sequence[str]) -> Iterator[str]:
    """Unless the language model is of one of these families, and has come with its words."""
    kind = (model.config.language.sizes or {}).get("model_type")
    if kind not in kinds:
        yield f"its language model is {kind or 'of our own form'}"
    elif TEMPLATED not in model.words:
        yield "its tokenizer and chat template are of our own form"


def sees(config: ComposedConfig, kinds: Sequence[str]) -> Iterator[str]:
    """Unless the encoder of pictures is one of these."""
    encoder = config.encoders.get("image")
    if encoder is not None and encoder.kind not in kinds:
        yield f"its encoder of pictures is {encoder.kind}"


def whole_rows(config: ComposedConfig) -> Iterator[str]:
    """Unless the normed rows of the last layer are taken."""
    encoder = config.encoders.get("image")
    if encoder is not None and encoder.layer is not None:
        yield f"it takes the rows of layer {encoder.layer}, not the normed ones of the last"


def joins(config: ComposedConfig, kind: str) -> Iterator[str]:
    """Unless the connector is of this kind."""
    if (connector := config.connector("image")).kind != kind:
        yield f"its connector is {connector.kind}"


def settings_of(config: ComposedConfig) -> Settings:
    """What the processor of the pictures' encoder is told."""
    encoder = config.encoders["image"]
    return encoder.settings or ENCODERS[encoder.kind].settings(encoder.built_sizes())


def _paligemma(model: Model) -> Iterator[str]:
    config = model.config
    yield from sees(config, ("siglip",))
    yield from whole_rows(config)
    yield from joins(config, "linear")
    yield from early(config)
    yield from speaks(model, ("gemma", "gemma2"))
    yield "PaliGemma's question and picture see each other in both directions, and it knows no talk"


def _mllama(model: Model) -> Iterator[str]:
    config = model.config
    if config.fusion.kind != "middle":
        yield "its modalities do not meet by middle fusion"
    yield from joins(config, "linear")
    yield from speaks(model, ("llama",))
    yield "Mllama's tower sees tiles, with gates of its own and rows of several layers"
    yield "Mllama's cross-attention has keys for groups of heads, and a gate for the feed-forward of each"


PALIGEMMA = Form("PaliGemma", "siglip, connector linear, fusion early, Gemma", _paligemma)
MLLAMA = Form("Mllama", "a tower over tiles, connector linear, fusion middle, Llama", _mllama)
