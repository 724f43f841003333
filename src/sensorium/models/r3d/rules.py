"""Names of torchvision's R3D weights and of our network."""

from sensorium.models.r3d.config import R3dConfig
from sensorium.weights.keymap import KeyMap, Rule, affine, rename


def rules(config: R3dConfig, classifier: bool) -> KeyMap:
    """The key map of a network with classes, or of the encoder alone."""
    table = list(_conv_norm("stem", "stem"))
    before = config.channels[0]
    for stage, (channels, depth) in enumerate(zip(config.channels, config.depths, strict=True)):
        for block in range(depth):
            theirs, ours = f"layer{stage + 1}.{block}.", f"stages.{stage}.{block}."
            table += _conv_norm(f"{theirs}conv1", f"{ours}first")
            table += _conv_norm(f"{theirs}conv2", f"{ours}second")
        if stage > 0 or channels != before:
            table += _conv_norm(f"layer{stage + 1}.0.downsample", f"stages.{stage}.0.shortcut")
        before = channels
    encoder = KeyMap(tuple(table)).under(ours="encoder.")
    return encoder + KeyMap(affine("fc", "head.classifier")) if classifier else encoder


def _conv_norm(theirs: str, ours: str) -> tuple[Rule, ...]:
    """A convolution and its batch norm, which is the second of two there."""
    statistics = ("running_mean", "running_var", "num_batches_tracked")
    return (
        rename(f"{theirs}.0.weight", f"{ours}.conv.weight"),
        *affine(f"{theirs}.1", f"{ours}.norm"),
        *(rename(f"{theirs}.1.{leaf}", f"{ours}.norm.{leaf}") for leaf in statistics),
    )
