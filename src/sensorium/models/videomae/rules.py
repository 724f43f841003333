"""Names of a VideoMAE checkpoint and of our network.

Biases of queries and values are "q_bias" and "v_bias", which all versions read, or those of two layers, as the newest
has them in memory. An encoder alone is read with "videomae." before its names and without; of a checkpoint of its
training the decoder is left out.
"""

from sensorium.models.video.rules import pre_norm_layer
from sensorium.models.videomae.config import VideoMaeConfig
from sensorium.weights.keymap import KeyMap, Rule, affine, join, layers

_TRAINING = ("decoder.*", "encoder_to_decoder.*", "mask_token", "position_embeddings")


def rules(config: VideoMaeConfig, classifier: bool) -> KeyMap:
    """The key map of a network with classes, or of the encoder alone."""
    norm = () if config.use_mean_pooling else affine("layernorm", "norm")
    table = (
        *affine("embeddings.patch_embeddings.projection", "patches"),
        *layers("encoder.layer.{}.", "blocks.{}.", _attention(biased=config.qv_bias), pre_norm_layer()),
        *norm,
    )
    encoder = KeyMap(table).under(ours="encoder.")
    if not classifier:
        return encoder + KeyMap((), dropped=_TRAINING, prefixes=(("videomae.", ""),))
    normed = affine("fc_norm", "head.norm") if config.use_mean_pooling else ()
    return encoder.under(theirs="videomae.") + KeyMap((*normed, *affine("classifier", "head.classifier")))


def _attention(*, biased: bool) -> tuple[Rule, ...]:
    inside = "attention.attention."
    weights = join(*(f"{inside}{part}.weight" for part in ("query", "key", "value")), ours="attention.qkv.weight")
    if not biased:
        return (weights,)
    return (
        weights,
        join(f"{inside}q_bias", "", f"{inside}v_bias", ours="attention.qkv.bias"),
        join(f"{inside}query.bias", "", f"{inside}value.bias", ours="attention.qkv.bias"),
    )
