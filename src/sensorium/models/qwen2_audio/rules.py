"""Names of a Qwen2-Audio checkpoint and of our network.

Read are the reference's older names, which all its versions write and which we write too, and those that its newer
modules have:

    language_model.model.*, language_model.lm_head   model.language_model.*, lm_head
    audio_tower.*                                    model.audio_tower.*
    multi_modal_projector.linear                     model.multi_modal_projector.linear
"""

from sensorium.models.qwen2_audio.config import Qwen2AudioConfig
from sensorium.models.text.rules import rules as text_rules
from sensorium.models.whisper.rules import encoder_rules
from sensorium.weights.keymap import KeyMap, affine

_LANGUAGE, _HEAD = "language_model.model.", "language_model.lm_head."
_TOWER, _PROJECTOR = "audio_tower.", "multi_modal_projector."

MODULES = (
    (_LANGUAGE, "model.language_model."),
    (_HEAD, "lm_head."),
    *((part, f"model.{part}") for part in (_TOWER, _PROJECTOR)),
)
"""How names begin in checkpoints, and how those of the reference's modules begin, where the two differ."""


def rules(config: Qwen2AudioConfig) -> KeyMap:
    """The key map of the whole model."""
    return (
        KeyMap(
            tuple(affine(f"{_PROJECTOR}linear", "readers.audio.projector")),
            prefixes=tuple((new, old) for old, new in MODULES),
        )
        + encoder_rules().under(theirs=_TOWER, ours="readers.audio.encoder.")
        + text_rules(config.language, stem=_LANGUAGE, head=_HEAD).under(ours="language.")
    )
