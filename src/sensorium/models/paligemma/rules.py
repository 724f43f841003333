"""Names of a PaliGemma checkpoint and of our network.

Read are the reference's older names, which all its versions write and which we write too, and those of its newer
modules:

    language_model.model.*, language_model.lm_head   model.language_model.*, lm_head
    vision_tower.vision_model.*                      model.vision_tower.*
    multi_modal_projector.*                          model.multi_modal_projector.*
"""

from collections.abc import Iterable

from sensorium.language.config import DecoderConfig
from sensorium.models.paligemma.config import PaliGemmaConfig
from sensorium.models.siglip.rules import vision_rules
from sensorium.models.text.rules import rules as text_rules
from sensorium.models.tower_rules import JOINED
from sensorium.weights.keymap import KeyMap, Rule, affine

READER = "readers.image."
_LANGUAGE, _HEAD = "language_model.model.", "language_model.lm_head."
_TOWER, _PROJECTOR = "vision_tower.", "multi_modal_projector."

_NAMES = (
    ("model.language_model.", _LANGUAGE),
    ("lm_head.", _HEAD),
    (f"model.{_TOWER}", _TOWER),
    (f"model.{_PROJECTOR}", _PROJECTOR),
)


MODULES = JOINED
"""How names begin in checkpoints, and how those of the reference's modules begin, where the two differ."""


def rules(config: PaliGemmaConfig) -> KeyMap:
    """The key map of the whole model."""
    return joined_rules(config.language, affine("linear", "connector"))


def joined_rules(language: DecoderConfig, connector: Iterable[Rule]) -> KeyMap:
    """The key map of a SigLIP tower, a connector and a decoder. SigLIP's head that pools is dropped.

    Args:
        language: of the decoder.
        connector: its rules, without what their names begin with; ours are those of a `PictureReader`.
    """
    return (
        KeyMap(tuple(connector)).under(theirs=_PROJECTOR, ours=READER)
        + KeyMap((), dropped=(f"{_TOWER}vision_model.head.*",), prefixes=_NAMES)
        + vision_rules().under(theirs=_TOWER, ours=f"{READER}tower.")
        + text_rules(language, stem=_LANGUAGE, head=_HEAD).under(ours="language.")
    )
