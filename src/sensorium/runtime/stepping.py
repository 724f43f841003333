"""`generate` of the package `transformers` as a stream of token events, with our way of choosing tokens.

It runs in a thread, since it calls us and not we it: where it lets others change the scores of the next token, our
sampler chooses, tells, and leaves only that token to take. So seeds, temperatures and log-probabilities mean what they
mean everywhere here, and no generator but the request's own is drawn from.
"""

from collections.abc import Iterator
from concurrent.futures import CancelledError, ThreadPoolExecutor
from contextlib import contextmanager
from queue import SimpleQueue
from types import ModuleType
from typing import Any

import torch
from torch import Tensor

from sensorium.core.errors import EngineError, MissingPackage, ModelError, SensoriumError
from sensorium.engine.generate import TokenEvent
from sensorium.engine.sampling import Sampler, Sampling


class Generator:
    """A model of the package, ready to be asked."""

    def __init__(self, model: Any, package: ModuleType, *, name: str) -> None:
        """Take over a loaded model. Args: name: for messages."""
        self._model = model
        self._package = package
        self._name = name

    def events(self, inputs: Any, sampling: Sampling) -> Iterator[TokenEvent]:
        """Events of the one talk, `finish` left out: the package knows when to end.

        Args:
            inputs: what the package's processor made.
            sampling: how tokens are chosen.

        Raises: EngineError when the model fails or its scores are not finite.
        """
        steps = _Steps(sampling)
        with ThreadPoolExecutor(1) as pool:
            done = pool.submit(self._generate, inputs, sampling, steps)
            done.add_done_callback(lambda _: steps.events.put(None))
            try:
                yield from iter(steps.events.get, None)
            finally:
                steps.abandoned = True
            done.result()

    def _generate(self, inputs: Any, sampling: Sampling, steps: "_Steps") -> None:
        model = self._model
        with quiet(self._package), blaming(self._name), torch.inference_mode():
            model.generate(
                **inputs.to(model.device, dtype=model.dtype),
                logits_processor=self._package.LogitsProcessorList([steps]),
                max_new_tokens=sampling.max_tokens,
                do_sample=False,
                num_beams=1,
            )


class _Steps:
    """Called with the scores of each next token."""

    def __init__(self, sampling: Sampling) -> None:
        self.events: SimpleQueue[TokenEvent | None] = SimpleQueue()
        self.abandoned = False
        self._sampler = Sampler(sampling)

    def __call__(self, ids: Tensor, scores: Tensor) -> Tensor:
        """Choose. Inputs: ids: [1, T]; scores: [1, V]. Returns: scores [1, V] of which one is not -inf."""
        if self.abandoned:
            raise CancelledError
        if bool(scores.isnan().any()):
            raise EngineError("The model's scores are not finite numbers. Fetch the model again.")
        chosen, log_probs = self._sampler.choose(scores)
        self.events.put(TokenEvent(int(chosen), float(log_probs)))
        return torch.full_like(scores, -torch.inf).scatter(1, chosen.unsqueeze(1), 0.0)


@contextmanager
def quiet(package: ModuleType) -> Iterator[None]:
    """Keep the package from writing to standard error for a while."""
    log = package.utils.logging
    level, bars = log.get_verbosity(), log.is_progress_bar_enabled()
    log.set_verbosity_error()
    log.disable_progress_bar()
    try:
        yield
    finally:
        log.set_verbosity(level)
        if bars:
            log.enable_progress_bar()


@contextmanager
def blaming(what: str, kind: type[ModelError] = EngineError) -> Iterator[None]:
    """Turn whatever the package raises into an error of ours that names `what`.

    Raises: MissingPackage where it lacks a package, `kind` for all else.
    """
    try:
        yield
    except (SensoriumError, CancelledError):
        raise
    except ImportError as error:
        raise MissingPackage(
            f"{what}: transformers needs a further package for this model ({error}). Install it."
        ) from error
    except Exception as error:  # it raises what it likes
        raise kind(f"{what}: transformers fails on it ({type(error).__name__}: {error}). Try another model.") from error
