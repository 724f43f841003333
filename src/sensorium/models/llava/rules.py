"""Names of a LLaVA checkpoint and of our network.

Read are the reference's older names, which all its versions write and which we write too, those that its newer modules
have, and the original repository's:

    language_model.model.*, language_model.lm_head   model.language_model.*, lm_head   model.layers.* and so on, lm_head
    vision_tower.vision_model.*                      model.vision_tower.*              model.vision_tower.vision_tower.*
    multi_modal_projector.linear_1, linear_2         model.multi_modal_projector.*     model.mm_projector.0, 2
    image_newline                                    model.image_newline               model.image_newline
"""

from sensorium.models.clip.config import ClipVisionConfig
from sensorium.models.clip.rules import vision_rules as clip_rules
from sensorium.models.llava.config import LlavaConfig
from sensorium.models.siglip.rules import vision_rules as siglip_rules
from sensorium.models.text.rules import rules as text_rules
from sensorium.models.tower_rules import JOINED
from sensorium.weights.keymap import KeyMap, affine, rename

_LANGUAGE, _HEAD = "language_model.model.", "language_model.lm_head."
_TOWER, _PROJECTOR = "vision_tower.", "multi_modal_projector."

_NAMES = (
    ("model.language_model.", _LANGUAGE),
    *((f"model.{part}", f"{_LANGUAGE}{part}") for part in ("embed_tokens.", "layers.", "norm.")),
    ("lm_head.", _HEAD),
    ("model.vision_tower.vision_tower.", _TOWER),
    ("model.vision_tower.", _TOWER),
    (f"model.{_PROJECTOR}", _PROJECTOR),
    ("model.mm_projector.0.", f"{_PROJECTOR}linear_1."),
    ("model.mm_projector.2.", f"{_PROJECTOR}linear_2."),
    ("model.image_newline", "image_newline"),
)


MODULES = JOINED
"""How names begin in checkpoints, and how those of the reference's modules begin, where the two differ."""


def rules(config: LlavaConfig) -> KeyMap:
    """The key map of the whole model. SigLIP's head that pools is dropped: no LLaVA uses it."""
    views = "readers.image.views."
    tower = clip_rules() if isinstance(config.vision, ClipVisionConfig) else siglip_rules()
    table = (
        *affine(f"{_PROJECTOR}linear_1", f"{views}projector.up", bias=config.bias),
        *affine(f"{_PROJECTOR}linear_2", f"{views}projector.down", bias=config.bias),
        *((rename("image_newline", "readers.image.newline"),) if config.pinpoints is not None else ()),
    )
    return (
        KeyMap(table, dropped=(f"{_TOWER}vision_model.head.*",), prefixes=_NAMES)
        + tower.under(theirs=_TOWER, ours=f"{views}tower.")
        + text_rules(config.language, stem=_LANGUAGE, head=_HEAD).under(ours="language.")
    )
