"""What holds for every test: no network, one thread, patient property tests; and the small models that many use."""

import ipaddress
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest

if TYPE_CHECKING:
    from sensorium.chat.tokenizer import Tokenizer
    from sensorium.models.early import EarlyFusion
    from sensorium.models.nano.config import NanoConfig
    from sensorium.runtime.parts import Parts

hypothesis.settings.register_profile("sensorium", deadline=None)
hypothesis.settings.load_profile("sensorium")


@pytest.fixture(scope="session", autouse=True)
def _no_network() -> Iterator[None]:
    """Refuse every connection that leaves the machine, so a test that needs one fails by name and not by chance."""
    connect = socket.socket.connect

    def local_only(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and not _is_local(address[0]):
            pytest.fail(f"a test wanted to connect to {address}; tests use no network")
        connect(self, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", local_only)
        yield


def _is_local(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> Iterator[None]:
    """Tiny tensors gain nothing from threads, and tests may run beside other work; so in processes that tests start.

    Sums over other numbers of threads differ in their last bits: answers of two processes are compared bit for bit.
    """
    import torch

    torch.set_num_threads(1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OMP_NUM_THREADS", "1")
        yield


@pytest.fixture(scope="session")
def tiny_config() -> "NanoConfig":
    """The smallest `nano` that has every part; takes 256 tokens."""
    from sensorium.inputs.spec import AudioSpec, ImageSpec, InputSpec, VideoSpec
    from sensorium.models.nano.config import AudioConfig, LanguageConfig, NanoConfig, VideoConfig, VisionConfig

    return NanoConfig(
        vision=VisionConfig(width=16, layers=1, heads=2, hidden=24, stem=(8, 8)),
        audio=AudioConfig(width=16, layers=1, heads=2, hidden=24, stem=(4, 4, 8)),
        video=VideoConfig(width=24, layers=1, heads=2, hidden=24, stem=(4, 8, 8)),
        language=LanguageConfig(vocabulary=300, width=32, layers=2, heads=4, kv_heads=2, hidden=48),
        connector_hidden=24,
        inputs=InputSpec(
            image=ImageSpec(min_pixels=32 * 32, max_pixels=64 * 64),
            audio=AudioSpec(mel_bins=16, max_seconds=4.0),
            video=VideoSpec(max_frames=4, min_pixels=32 * 32, max_pixels=48 * 48),
            max_tokens=256,
        ),
    )


@pytest.fixture(scope="session")
def tiny_tokenizer() -> "Tokenizer":
    """Bytes, special tokens and a few merges: 300 ids."""
    from sensorium.chat.template import SPECIAL_TOKENS
    from sensorium.chat.tokenizer import Tokenizer

    texts = ["What is this?", "how many red circles", "an ankle boot", "三个红色的圆", "这是什么?"]
    tokenizer = Tokenizer.train(texts * 8, vocabulary=300, special=SPECIAL_TOKENS)
    assert tokenizer.vocabulary == 300
    return tokenizer


@pytest.fixture(scope="session")
def make_nano(tiny_config: "NanoConfig") -> "Callable[[int], EarlyFusion]":
    """Builds a tiny `nano` with the random weights of a seed."""
    import torch

    from sensorium.models.nano.model import build

    def make(seed: int) -> "EarlyFusion":
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            model = build(tiny_config).eval()
        with torch.no_grad():
            model.language.embedding.weight.mul_(5.0)  # scores of a trained model's size, so that answers differ
            for name, weight in model.language.named_parameters():
                if name.endswith(("attention.out.weight", "mlp.down.weight")):
                    weight.mul_(3.0)  # and what was said before counts
        return model

    return make


@pytest.fixture
def tiny_nano(make_nano: "Callable[[int], EarlyFusion]") -> "EarlyFusion":
    """A tiny `nano` with random weights."""
    return make_nano(0)


@pytest.fixture
def tiny_parts(tiny_nano: "EarlyFusion", tiny_tokenizer: "Tokenizer", tiny_config: "NanoConfig") -> "Parts":
    """A tiny `nano` ready to answer, uncalibrated."""
    from sensorium.models.nano.answerer import answerer
    from sensorium.runtime.parts import Parts

    return Parts("tiny", answerer(tiny_nano, tiny_tokenizer, tiny_config.inputs))


@pytest.fixture
def tiny_folder(
    tmp_path: Path, tiny_nano: "EarlyFusion", tiny_tokenizer: "Tokenizer", tiny_config: "NanoConfig"
) -> Path:
    """A tiny `nano` as a model folder."""
    from sensorium.models.nano.folder import save_nano

    save_nano(tmp_path / "model", tiny_config, tiny_tokenizer, tiny_nano.state_dict())
    return tmp_path / "model"
