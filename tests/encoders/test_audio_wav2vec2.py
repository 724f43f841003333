"""The encoder of wav2vec 2.0: a row for every 320 samples, which sees its own, and a gradient for every weight."""

import pytest
import torch

from sensorium.encoders.audio_wav2vec2 import PlaceConv, SoundConv, Wav2Vec2Encoder
from sensorium.models.wav2vec2.config import Wav2Vec2Config
from sensorium.models.wav2vec2.model import build_encoder

BASE = Wav2Vec2Config(
    hidden_size=16,
    num_hidden_layers=2,
    num_attention_heads=2,
    intermediate_size=24,
    conv_dim=(8,) * 7,
    num_conv_pos_embeddings=4,
    num_conv_pos_embedding_groups=2,
)
LARGE = Wav2Vec2Config(**vars(BASE) | {"feat_extract_norm": "layer", "do_stable_layer_norm": True, "conv_bias": True})


@pytest.fixture(params=[BASE, LARGE], ids=["base", "large"])
def encoder(request: pytest.FixtureRequest) -> Wav2Vec2Encoder:
    torch.manual_seed(0)
    return build_encoder(request.param)


def test_rows(encoder: Wav2Vec2Encoder) -> None:
    assert (encoder.stride, encoder.reach, encoder.width) == (320, 400, 16)
    assert encoder(torch.randn(3, 400 + 4 * 320)).shape == (3, 5, 16)


def test_a_batch_is_its_items_alone(encoder: Wav2Vec2Encoder) -> None:
    sounds = torch.randn(3, 2000)
    singles = torch.cat([encoder(each) for each in sounds.split(1)])
    torch.testing.assert_close(encoder(sounds), singles, atol=1e-5, rtol=1e-5)


def test_gradients(encoder: Wav2Vec2Encoder) -> None:
    rows = encoder(torch.randn(2, 2000))
    (rows * torch.randn_like(rows)).sum().backward()
    assert [name for name, each in encoder.named_parameters() if each.grad is None or not bool(each.grad.any())] == []


def test_a_row_is_made_of_its_own_samples() -> None:
    conv: list[SoundConv] = []
    channels = 1
    for kernel, stride in zip(BASE.conv_kernel, BASE.conv_stride, strict=True):
        conv.append(SoundConv(torch.nn.Conv1d(channels, 2, kernel, stride), norm=None, activation="gelu"))
        channels = 2
    sound, other = torch.randn(1, 1, 4000), torch.randn(1, 1, 4000)
    mixed = torch.cat((other[..., : 3 * 320], sound[..., 3 * 320 : 3 * 320 + 400], other[..., 3 * 320 + 400 :]), dim=-1)
    rows = [torch.nn.Sequential(*conv)(each)[0, :, 3] for each in (sound, mixed)]
    torch.testing.assert_close(*rows)


def test_the_length_of_the_weight_is_its_own_parameter() -> None:
    torch.manual_seed(0)
    places = PlaceConv(8, kernel=4, groups=2, activation="gelu")
    x = torch.randn(1, 6, 8)
    before = places(x)
    with torch.no_grad():
        places.direction.mul_(3.0)
    torch.testing.assert_close(places(x), before)
    with torch.no_grad():
        places.length.mul_(3.0)
    assert not torch.allclose(places(x), before)
