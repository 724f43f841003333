"""The network: every parameter learns, and batches are as singles."""

import torch

from sensorium.inputs.carrier import MediaBatch, Span
from sensorium.models.nano_space.model import SpaceNetwork
from sensorium.models.nano_space.placer import NanoSpace


def batch(modality: str, seed: int) -> MediaBatch:
    generator = torch.Generator().manual_seed(seed)
    if modality == "audio":
        features = tuple(torch.randn(16, frames, generator=generator) for frames in (32, 64))
        return MediaBatch("audio", features, (Span(0, 4), Span(1, 8)))
    if modality == "image":
        shapes = ((3, 32, 48), (3, 48, 32))
        features = tuple(torch.randint(0, 256, shape, generator=generator, dtype=torch.uint8) for shape in shapes)
        return MediaBatch("image", features, (Span(0, 6), Span(1, 6)))
    frames = tuple(torch.randint(0, 256, (4, 3, 32, 32), generator=generator, dtype=torch.uint8) for _ in range(2))
    return MediaBatch("video", frames, (Span(0, 8), Span(1, 8)), times=(torch.arange(4) / 4, torch.arange(4) / 8))


def test_every_parameter_gets_a_gradient(tiny_space: NanoSpace) -> None:
    network: SpaceNetwork = tiny_space.network
    ids, present = tiny_space.texts(["a boot", "how many red circles"])
    rows = [network.embed_texts(ids, present), *(network.embed_media(batch(name, 0)) for name in network.media)]
    weights = torch.randn(4, 2, tiny_space.width, generator=torch.Generator().manual_seed(1))
    (torch.stack(rows) * weights).sum().mul(network.logit_scale.exp()).backward()
    still = [name for name, each in network.named_parameters() if each.grad is None or not each.grad.abs().sum() > 0]
    assert still == []


def test_time_counts_in_a_film(tiny_space: NanoSpace) -> None:
    films = batch("video", 3)
    same = MediaBatch("video", (films.features[0],) * 2, films.spans, times=films.times)
    slow, fast = tiny_space.network.embed_media(same)
    assert not torch.allclose(slow, fast, atol=1e-4)
