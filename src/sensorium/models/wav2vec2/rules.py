"""Names of a wav2vec 2.0 checkpoint and of our network.

The weight norm of the places has two spellings, by which versions of PyTorch wrote it; the older one is written, which
all read. What was there for training alone is left out.
"""

from sensorium.models.wav2vec2.config import Wav2Vec2Config
from sensorium.weights.keymap import KeyMap, affine, join, layers, rename

_TRAINING = ("masked_spec_embed", "quantizer.*", "project_q.*", "project_hid.*")


def rules(config: Wav2Vec2Config) -> KeyMap:
    """The key map of a network with a head."""
    head = KeyMap(affine("lm_head", "head"), dropped=_TRAINING)
    return encoder_rules(config).under(theirs="wav2vec2.", ours="encoder.") + head


def encoder_rules(config: Wav2Vec2Config) -> KeyMap:
    """The encoder alone, `Wav2Vec2Encoder`, whose names have no prefix; "wav2vec2." before them is read too."""
    convolutions = "feature_extractor.conv_layers."
    normed = range(len(config.conv_dim)) if config.feat_extract_norm == "layer" else range(1)
    places = "encoder.pos_conv_embed.conv."
    table = (
        *layers(f"{convolutions}{{}}.", "convolutions.{}.", affine("conv", "conv", bias=config.conv_bias)),
        *(
            rule
            for index in normed
            for rule in affine(f"{convolutions}{index}.layer_norm", f"convolutions.{index}.norm")
        ),
        *affine("feature_projection.layer_norm", "project_norm"),
        *affine("feature_projection.projection", "project"),
        rename(f"{places}weight_g", "places.length"),
        rename(f"{places}weight_v", "places.direction"),
        rename(f"{places}parametrizations.weight.original0", "places.length"),
        rename(f"{places}parametrizations.weight.original1", "places.direction"),
        rename(f"{places}bias", "places.bias"),
        *affine("encoder.layer_norm", "norm"),
        *layers(
            "encoder.layers.{}.",
            "blocks.{}.",
            (
                join(*(f"attention.{part}_proj.{leaf}" for part in "qkv"), ours=f"attention.qkv.{leaf}")
                for leaf in ("weight", "bias")
            ),
            affine("attention.out_proj", "attention.out"),
            affine("layer_norm", "attention_norm"),
            affine("feed_forward.intermediate_dense", "mlp.up"),
            affine("feed_forward.output_dense", "mlp.down"),
            affine("final_layer_norm", "mlp_norm"),
        ),
    )
    return KeyMap(table, dropped=(*_TRAINING, "lm_head.*"), prefixes=(("wav2vec2.", ""),))
