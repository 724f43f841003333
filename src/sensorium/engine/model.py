"""What the engine asks of a model, how large it is made, and what a request may fail with."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import torch

from sensorium.chat.tokenizer import Decodes
from sensorium.core.errors import EngineError, SensoriumError, UsageError
from sensorium.engine.generate import TokenModel
from sensorium.engine.scheduler import Limits
from sensorium.inputs.carrier import ModelInputs


class EngineModel(TokenModel, Protocol):
    """What the engine asks of a network."""

    def encode(self, inputs: ModelInputs) -> ModelInputs:
        """The same inputs with the rows of all media made."""


class Answers(Protocol):
    """What the engine asks of a model; `models.answerer.Answerer` is one."""

    @property
    def network(self) -> EngineModel:
        """Takes prompts, and tokens one by one."""

    @property
    def tokenizer(self) -> Decodes:
        """Makes text of ids."""

    @property
    def stops(self) -> Collection[int]:
        """Tokens that end an answer."""

    @property
    def banned(self) -> Sequence[int]:
        """Tokens that no answer may hold."""


@dataclass(frozen=True)
class Settings:
    """Sizes of an engine.

    name: of the model and its version, so that what is saved is not taken for another's.
    cache_bytes: for keys and values; rows_bytes: for feature rows of media.
    chunk: tokens of a prompt that are taken at once.
    exact: every answer is the same to the last bit whatever runs beside it. Answers go through the model together
        where kernels take them (bf16 on a CPU, nn/kernels), elsewhere one after the other; False: always together,
        which is faster, and scores may differ in their last bits.
    guesses: tokens of answers that are guessed and checked in one step at most, of all answers together; 0 for none.
    limits: of the queue.
    """

    name: str = ""
    cache_bytes: int = 256 << 20
    rows_bytes: int = 128 << 20
    chunk: int = 128
    exact: bool = True
    guesses: int = 7
    limits: Limits = field(default_factory=Limits)

    def __post_init__(self) -> None:
        if min(self.cache_bytes, self.chunk) < 1 or min(self.rows_bytes, self.guesses) < 0:
            raise UsageError(
                f"engine: cache_bytes {self.cache_bytes}, chunk {self.chunk}, rows_bytes {self.rows_bytes}, guesses "
                f"{self.guesses}; expected numbers above 0. Correct them."
            )


FAILURES = (
    SensoriumError,
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    MemoryError,
    OSError,
    RuntimeError,  # PyTorch's errors, those of memory among them
    TypeError,
    ValueError,
)
"""What a request may raise without hurting others; anything else stops the engine."""


def failure(error: BaseException) -> SensoriumError:
    """What a request ended with, as an error of ours."""
    if isinstance(error, SensoriumError):
        return error
    out = isinstance(error, MemoryError | torch.OutOfMemoryError) or "allocate memory" in str(error)
    what = "ran out of memory" if out else "failed"
    failed = EngineError(f"The request {what} ({type(error).__name__}: {error}). Ask with shorter or fewer media.")
    failed.__cause__ = error
    return failed
