"""The model that a run trains: fresh, or from the folder of any family; and how it is written to a folder again."""

import copy
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

from torch import nn

from sensorium.chat.tokenizer import Tokenizer
from sensorium.core.config import to_dict
from sensorium.core.errors import ConfigError, UsageError
from sensorium.core.files import write_atomic
from sensorium.data.mixture import Mixture
from sensorium.inputs.assemble import Assembler
from sensorium.language.decoder import Decoder
from sensorium.models.adapter_folder import save_adapter
from sensorium.models.adapters import AdapterConfig, fold
from sensorium.models.answerer import Network
from sensorium.models.catalog import FAMILIES, find
from sensorium.models.composed.answerer import answerer
from sensorium.models.composed.compose import compose, read_yaml
from sensorium.models.composed.folder import load, save
from sensorium.models.composed.model import Composed
from sensorium.models.early import EarlyFusion
from sensorium.models.key_maps import Prefixes, family_map, family_modules
from sensorium.models.nano.config import NanoConfig
from sensorium.models.nano.folder import load_nano, save_nano
from sensorium.models.nano.model import build
from sensorium.training.families import save_like
from sensorium.training.learner import Learner, Teaches
from sensorium.training.preparation import train_tokenizer
from sensorium.training.recipe import Recipe
from sensorium.training.talks import find_answers
from sensorium.weights.keymap import KeyMap

MODEL, ADAPTER = "model", "adapter"
"""Folders in that of a run."""


@dataclass(frozen=True, eq=False)
class Pupil:
    """A model in training.

    family: by which key its folder is read.
    module: the network itself, as PyTorch knows it; the same object as `network`.
    write: puts a module of its kind, without adapters, into a folder.
    keymap: the family's, None for `nano`. modules: how its reference's modules are named (`key_maps.family_modules`).
    shape: what tells it from models of other sizes, for the fingerprint of a run.
    """

    family: str
    network: Learner
    module: nn.Module
    assembler: Teaches
    write: Callable[[Path, nn.Module], None]
    keymap: KeyMap | None = None
    modules: Prefixes = ()
    shape: object = None

    def save(self, folder: Path, adapter: AdapterConfig | None, *, base: str | None) -> None:
        """Write the model as it now is to `model/` in a folder, adapters folded in, and these alone to `adapter/`.

        Raises: OSError when a file cannot be written.
        """
        plain = self.module
        if adapter is not None:
            save_adapter(folder / ADAPTER, self.module, adapter, self.keymap, base=base, modules=self.modules)
            plain = copy.deepcopy(plain)
            fold(plain)
        self.write(folder / MODEL, plain)


def fresh(recipe: Recipe, tokenizer: Tokenizer) -> Pupil:
    """A `nano` with random weights. Raises: ConfigError for sizes that do not go together."""
    config = recipe.model or NanoConfig()
    return _nano(build(config), config, tokenizer)


def own_tokenizer(recipe: Recipe, mixture: Mixture, path: Path, *, anew: bool) -> Tokenizer:
    """The tokenizer of a run that begins from nothing, trained on its mixture and kept in the file `path`."""
    if anew:  # what lies there may be another recipe's
        room = (recipe.model or NanoConfig()).language.vocabulary
        write_atomic(path, train_tokenizer(recipe, mixture, room).to_json().encode())
    return Tokenizer.from_file(path)


def compose_start(yaml: Path, recipe: Recipe, mixture: Mixture, folder: Path) -> None:
    """Put a composed model together as a YAML says, and write it to a folder that a run can start from.

    A language model that begins with random weights gets a tokenizer that is trained on the mixture.
    Raises: ConfigError for a YAML that makes no sense; CheckpointError and UsageError for parts that cannot be had.
    """
    config = read_yaml(yaml)
    own = None
    if config.language.checkpoint is None:
        own = train_tokenizer(recipe, mixture, config.language.decoder().vocabulary)
    save(folder, compose(config, tokenizer=own))


def from_folder(start: str, wanted: NanoConfig | None) -> Pupil:
    """The model of a folder, or of an id of the Hub, in fp32.

    Raises: UsageError for what is no model, or one that cannot be trained; ConfigError when it is not of the sizes
    that are wanted; CheckpointError for a damaged folder.
    """
    family, folder = find(start)
    if family == "nano":
        model, config, tokenizer = load_nano(folder)
        if wanted not in (None, config):
            raise ConfigError(
                f"recipe: start is {start}, a model of other sizes or inputs than the recipe's model. Leave out the "
                "model, or write that folder's config.json and inputs.json into the recipe."
            )
        return _nano(model, config, tokenizer)
    if wanted is not None:
        raise ConfigError(
            f"recipe: got a model, and {start}, of the family {family}, to start with; expected one of them. Leave out "
            "the model."
        )
    if family == "composed":
        return _composed(folder, start)
    answers = FAMILIES.resolve(family)(folder)
    network, module = _learner(answers.network, start)
    keymap = family_map(family, folder)
    module.float()  # what is small in half precision would be lost
    return Pupil(
        family=family,
        network=network,
        module=module,
        assembler=find_answers(answers.assembler, answers.stops),
        write=lambda out, trained: save_like(folder, trained, keymap, out),
        keymap=keymap,
        modules=family_modules(family),
    )


def _nano(model: EarlyFusion, config: NanoConfig, tokenizer: Tokenizer) -> Pupil:
    return Pupil(
        family="nano",
        network=model,
        module=model,
        assembler=Assembler(tokenizer, config.inputs),
        write=lambda out, trained: save_nano(out, config, tokenizer, trained.state_dict()),
        shape=to_dict(config),
    )


def _composed(folder: Path, start: str) -> Pupil:
    model = load(folder)
    answers = answerer(model, folder)
    network, module = _learner(answers.network, start)
    own = answers.assembler
    return Pupil(
        family="composed",
        network=network,
        module=module,
        assembler=own if isinstance(own, Assembler) else find_answers(own, answers.stops),
        write=lambda out, trained: save(out, replace(model, network=cast("Composed", trained))),
    )


def _learner(network: Network, start: str) -> tuple[Learner, nn.Module]:
    """One object as the two things that it is. Raises: UsageError when it is not."""
    if not isinstance(network, nn.Module) or not isinstance(getattr(network, "language", None), Decoder):
        raise UsageError(
            f"{start}: a {type(network).__name__} cannot be trained; expected a network with a decoder. Choose another."
        )
    return cast("Learner", network), network
