"""Put a model together from parts, and look at what passes between them: `python examples/compose.py PICTURE`.

The encoder, the connector and the decoder are ordinary modules of PyTorch, chosen here and handed over ready-made; any
other of the same shapes fits. Their weights are random: what counts is the way of the data.
"""

import sys

import torch

from sensorium.chat.message import user
from sensorium.encoders.vision_native import NativeVisionEncoder
from sensorium.fusion.connectors import MlpConnector
from sensorium.inputs.assemble import Assembler
from sensorium.language.config import AttentionConfig, DecoderConfig, build_decoder
from sensorium.media.load import load_media
from sensorium.models.catalog import BUNDLED
from sensorium.models.early import EarlyFusion
from sensorium.models.nano.folder import load_nano
from sensorium.models.nano.model import GRID_FOLD, Reader, see


def compose(vocabulary: int) -> EarlyFusion:
    """A model that sees pictures, of three parts."""
    vision = NativeVisionEncoder(width=96, layers=2, heads=3, hidden=192, stem=(16, 32))
    connector = MlpConnector(width=96 * GRID_FOLD**2, hidden=128, out=128)
    heads = AttentionConfig(heads=4, kv_heads=2, head_width=32)
    language = build_decoder(DecoderConfig(vocabulary=vocabulary, width=128, layers=2, hidden=256, attention=heads))
    return EarlyFusion(readers={"image": Reader(encoder=vision, connector=connector, encode=see)}, language=language)


@torch.inference_mode()
def main() -> None:
    """Follow one question about one picture."""
    _, config, tokenizer = load_nano(BUNDLED)  # lends its tokenizer and its input facts
    message = user(load_media(sys.argv[1]), "What is this?")
    assembler = Assembler(tokenizer, config.inputs)
    inputs = assembler.batch([assembler.talk([message], ask=True)])
    model = compose(tokenizer.vocabulary).eval()
    hidden = model(inputs)

    print("message  ", ", ".join(type(part).__name__ for part in message.parts))
    print("ids      ", list(inputs.ids.shape), "of which", int(inputs.places[0].sum()), "are places of the picture")
    print("features ", list(inputs.media[0].features[0].shape))
    print("rows     ", list(model.rows(inputs.media[0])[0].shape))
    print("hidden   ", list(hidden.shape))
    print("scores   ", list(model.language.logits(hidden[:, -1]).shape), "for the first token of the answer")


if __name__ == "__main__":
    main()
