"""Whisper's encoder: a row of two frames, pooled or not, masked or not, and a gradient for all but the places."""

import pytest
import torch

from sensorium.core.errors import EngineError
from sensorium.encoders.audio_whisper import WhisperEncoder, sinusoid_table
from sensorium.nn.block import tower_block


def encoder(pool: int = 1) -> WhisperEncoder:
    torch.manual_seed(0)
    blocks = [tower_block(16, 2, 24, activation="gelu", eps=1e-5) for _ in range(2)]
    return WhisperEncoder(mel_bins=8, width=16, positions=10, blocks=blocks, pool=pool)


def test_rows_and_pools() -> None:
    mel = torch.randn(3, 8, 20)
    assert encoder()(mel).shape == (3, 10, 16)
    assert encoder(pool=2)(mel).shape == (3, 5, 16)


def test_a_batch_is_its_items_alone_and_places_matter() -> None:
    whole, mel = encoder(), torch.randn(3, 8, 20)
    torch.testing.assert_close(whole(mel), torch.cat([whole(each) for each in mel.split(1)]), atol=1e-5, rtol=1e-5)
    assert not torch.allclose(whole(mel.flip(-1)).mean(dim=1), whole(mel).mean(dim=1), atol=1e-3)


def test_a_masked_row_is_not_seen() -> None:
    whole, mel = encoder(), torch.randn(1, 8, 20)
    mask = torch.ones(1, 1, 10, 10, dtype=torch.bool)
    mask[..., 7:] = False
    other = mel.clone()
    other[..., 16:] += 1.0  # a convolution reaches from row 7 on
    torch.testing.assert_close(whole(mel, mask=mask)[:, :7], whole(other, mask=mask)[:, :7])
    assert not torch.allclose(whole(mel)[:, :7], whole(other)[:, :7], atol=1e-4)


def test_a_short_sound_gives_the_rows_that_it_has_before_masked_silence() -> None:
    whole, mel = encoder(), torch.randn(1, 8, 20)
    mask = torch.ones(1, 1, 10, 10, dtype=torch.bool)
    mask[..., 7:] = False
    short = whole(mel[..., :15], mask=mask[..., :8, :8])  # the last row of the sound sees a frame behind it
    assert short.shape == (1, 8, 16)
    torch.testing.assert_close(short[:, :7], whole(mel, mask=mask)[:, :7])


def test_gradients() -> None:
    whole = encoder()
    rows = whole(torch.randn(2, 8, 20))
    (rows * torch.randn_like(rows)).sum().backward()
    assert [name for name, each in whole.named_parameters() if each.grad is None] == ["positions"]


def test_another_number_of_frames() -> None:
    with pytest.raises(EngineError, match="got 21 frames; the encoder takes at most 20"):
        encoder()(torch.zeros(1, 8, 21))


def test_places_are_the_reference_s() -> None:
    reference = pytest.importorskip("transformers.models.whisper.modeling_whisper")
    torch.testing.assert_close(sinusoid_table(1500, 384), reference.sinusoids(1500, 384), atol=0.0, rtol=0.0)
