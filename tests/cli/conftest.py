"""A tiny untrained model, a model that says what it is told, and a way to run commands in this process."""

import io
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import torch

from sensorium.chat.message import Answer, Text, Timings, Usage
from sensorium.chat.template import SPECIAL_TOKENS
from sensorium.chat.tokenizer import Tokenizer
from sensorium.cli.main import main
from sensorium.media.encode import encode_image
from sensorium.media.types import Image
from sensorium.models.nano.config import AudioConfig, LanguageConfig, NanoConfig, VideoConfig, VisionConfig
from sensorium.models.nano.folder import save_nano
from sensorium.models.nano.model import build
from sensorium.runtime.protocol import StreamEvent

TINY = NanoConfig(
    vision=VisionConfig(width=32, layers=1, heads=1, hidden=32, stem=(8, 8)),
    audio=AudioConfig(width=32, layers=1, heads=1, hidden=32, stem=(8, 8, 8)),
    video=VideoConfig(width=36, layers=1, heads=1, hidden=32, stem=(8, 8, 8)),
    language=LanguageConfig(vocabulary=300, width=32, layers=1, heads=2, kv_heads=1, hidden=32),
    connector_hidden=32,
)


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str


Run = Callable[..., Done]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command: `run("ask", "hello", stdin=b"...")`; `typed` standard input is a keyboard."""

    def call(*arguments: str, stdin: bytes = b"", typed: bool = False) -> Done:
        stream = io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8")
        monkeypatch.setattr(stream, "isatty", lambda: typed)
        monkeypatch.setattr(sys, "stdin", stream)
        capsys.readouterr()
        code = main(arguments)
        return Done(code, *capsys.readouterr())

    return call


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The folder of a model with random weights."""
    folder = tmp_path_factory.mktemp("tiny")
    with torch.random.fork_rng():
        torch.manual_seed(0)
        tokenizer = Tokenizer.train(["What is this?", "a boot"], vocabulary=300, special=SPECIAL_TOKENS)
        save_nano(folder, TINY, tokenizer, build(TINY).state_dict())
    return str(folder)


@pytest.fixture
def picture(tmp_path: Path) -> str:
    """The path of a small picture."""
    path = tmp_path / "red.png"
    pixels = torch.full((48, 48, 3), 200, dtype=torch.uint8).numpy()
    path.write_bytes(encode_image(Image(pixels)))
    return str(path)


@dataclass
class Scripted:
    """A model and its chats in one: gives out pieces, raises what stands among them, and notes what it was asked."""

    pieces: Sequence[str | BaseException] = ("a ", "boot")
    facts: dict[str, Any] = field(default_factory=dict)
    asked: list[tuple[str, int, dict[str, Any]]] = field(default_factory=list)
    name: str = "scripted"

    def chat(self) -> "Scripted":
        return self

    def send(self, question: str, *files: Any, **options: Any) -> Answer:
        *_, last = self.stream(question, *files, **options)
        assert last.answer is not None
        return last.answer

    def stream(self, question: str, *files: Any, **options: Any) -> Iterator[StreamEvent]:
        self.asked.append((question, len(files), options))
        text = ""
        for piece in self.pieces:
            if isinstance(piece, BaseException):
                raise piece
            text += piece
            yield StreamEvent(piece)
        facts: dict[str, Any] = {"model": self.name, "usage": Usage(7, 3), "timings": Timings(0.25, 0.5)} | self.facts
        yield StreamEvent("", Answer("assistant", (Text(text),), **facts))


@pytest.fixture
def scripted(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Scripted]:
    """Put a scripted model in the place of every model: `scripted("a ", "boot", sure=False)`."""

    def place(*pieces: str | BaseException, **facts: Any) -> Scripted:
        model = Scripted(pieces or ("a ", "boot"), facts)
        monkeypatch.setattr("sensorium.runtime.load.load", lambda *_, **__: model)
        return model

    return place
