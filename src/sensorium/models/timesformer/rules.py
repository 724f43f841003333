"""Names of a TimeSformer checkpoint and of our network; queries, keys and values are one matrix there too.

An encoder alone is read with "timesformer." before its names and without.
"""

from sensorium.models.timesformer.config import TimesformerConfig
from sensorium.models.video.rules import pre_norm_layer
from sensorium.weights.keymap import KeyMap, affine, layers, reshape


def rules(config: TimesformerConfig, classifier: bool) -> KeyMap:
    """The key map of a network with classes, or of the encoder alone."""
    width, cells = config.hidden_size, (config.image_size // config.patch_size) ** 2
    table = (
        reshape("embeddings.cls_token", "class_token", (1, 1, width)),
        reshape("embeddings.position_embeddings", "positions.table", (1, 1 + cells, width)),
        reshape("embeddings.time_embeddings", "times", (1, config.num_frames, width)),
        *affine("embeddings.patch_embeddings.projection", "patches"),
        *layers(
            "encoder.layer.{}.",
            "blocks.{}.",
            affine("attention.attention.qkv", "attention.qkv", bias=config.qkv_bias),
            affine("temporal_attention.attention.qkv", "time_attention.qkv", bias=config.qkv_bias),
            affine("temporal_attention.output.dense", "time_attention.out"),
            affine("temporal_layernorm", "time_norm"),
            affine("temporal_dense", "time_out"),
            pre_norm_layer(),
        ),
        *affine("layernorm", "norm"),
    )
    encoder = KeyMap(table).under(ours="encoder.")
    if not classifier:
        return encoder + KeyMap((), prefixes=(("timesformer.", ""),))
    return encoder.under(theirs="timesformer.") + KeyMap(affine("classifier", "head.classifier"))
