"""Names of a Gemma 3 checkpoint and of our network: PaliGemma's, with another connector."""

from sensorium.models.gemma3.config import Gemma3Config
from sensorium.models.paligemma.rules import joined_rules
from sensorium.models.tower_rules import JOINED
from sensorium.weights.keymap import KeyMap, rename, transpose

MODULES = JOINED
"""How names begin in checkpoints, and how those of the reference's modules begin, where the two differ."""


def rules(config: Gemma3Config) -> KeyMap:
    """The key map of the whole model."""
    connector = (
        transpose("mm_input_projection_weight", "connector.out.weight"),
        rename("mm_soft_emb_norm.weight", "connector.norm.weight"),
    )
    return joined_rules(config.language, connector)
