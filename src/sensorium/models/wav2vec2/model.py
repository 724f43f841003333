"""The network of wav2vec 2.0 with CTC (Graves et al. 2006): the encoder, and a score for every letter in every row."""

from itertools import pairwise

from torch import Tensor, nn

from sensorium.encoders.audio_wav2vec2 import ChannelNorm, PlaceConv, PostNormBlock, SoundConv, Wav2Vec2Encoder
from sensorium.models.wav2vec2.config import Wav2Vec2Config
from sensorium.nn.block import tower_block


class CtcNetwork(nn.Module):
    """An encoder and a head over its rows."""

    def __init__(self, *, encoder: Wav2Vec2Encoder, letters: int) -> None:
        """Build; `letters` is V, the blank among them."""
        super().__init__()
        self.encoder = encoder
        self.head = nn.Linear(encoder.width, letters)

    @property
    def stride(self) -> int:
        """Samples from a row to the next."""
        return self.encoder.stride

    @property
    def reach(self) -> int:
        """Samples that a row is made of at least."""
        return self.encoder.reach

    def rows(self, samples: int) -> int:
        """How many rows so many samples make."""
        return self.encoder.rows(samples)

    def forward(self, samples: Tensor) -> Tensor:
        """Inputs: samples: [N, T], any floating type, on any device. Returns: scores [N, S, V]."""
        return self.head(self.encoder(samples.to(self.head.weight)))


def build(config: Wav2Vec2Config) -> CtcNetwork:
    """A network with random weights."""
    return CtcNetwork(encoder=build_encoder(config), letters=config.vocab_size)


def build_encoder(config: Wav2Vec2Config) -> Wav2Vec2Encoder:
    """The encoder alone."""
    width, eps, act = config.hidden_size, config.layer_norm_eps, config.hidden_act
    make = tower_block if config.do_stable_layer_norm else PostNormBlock
    blocks = [
        make(width, config.num_attention_heads, config.intermediate_size, activation=act, eps=eps)
        for _ in range(config.num_hidden_layers)
    ]
    places = PlaceConv(
        width,
        kernel=config.num_conv_pos_embeddings,
        groups=config.num_conv_pos_embedding_groups,
        activation=config.feat_extract_activation,
    )
    return Wav2Vec2Encoder(
        convolutions=_convolutions(config),
        project_norm=nn.LayerNorm(config.conv_dim[-1], eps=eps),
        places=places,
        blocks=blocks,
        norm=nn.LayerNorm(width, eps=eps),
        norm_last=config.do_stable_layer_norm,
    )


def _convolutions(config: Wav2Vec2Config) -> list[SoundConv]:
    made = []
    sizes = zip(pairwise((1, *config.conv_dim)), config.conv_kernel, config.conv_stride, strict=True)
    for index, ((before, channels), kernel, stride) in enumerate(sizes):
        norm: nn.Module | None = None
        if config.feat_extract_norm == "layer":
            norm = ChannelNorm(channels)
        elif index == 0:
            norm = nn.GroupNorm(channels, channels)  # every channel by itself, over all of the sound
        conv = nn.Conv1d(before, channels, kernel, stride=stride, bias=config.conv_bias)
        made.append(SoundConv(conv, norm=norm, activation=config.feat_extract_activation))
    return made
