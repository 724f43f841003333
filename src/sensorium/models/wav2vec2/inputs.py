"""What the files beside the weights say: how sound is prepared, and which letter each score is for."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sensorium.core.errors import CheckpointError
from sensorium.media.types import SAMPLE_RATE
from sensorium.weights.checkpoint import read_json

_TINY = 1e-7
"""Added to the variance, so that silence is not divided by zero."""


@dataclass(frozen=True)
class Letters:
    """What the ids of the head are.

    text: id to what it writes, one letter mostly, a space between words. blank: the id that writes nothing.
    """

    text: Mapping[int, str]
    blank: int


def normed(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Zero mean and unit variance, as the reference's feature extractor. Shapes: [time]."""
    return np.asarray((samples - samples.mean()) / np.sqrt(samples.var() + _TINY), np.float32)


def read_normed(folder: Path) -> bool:
    """Whether a folder wants sounds `normed`.

    Raises: CheckpointError for a setting that is not supported.
    """
    path = folder / "preprocessor_config.json"
    settings: object = read_json(path) if path.is_file() else {}
    if not settings and (folder / "processor_config.json").is_file():
        path = folder / "processor_config.json"
        settings = read_json(path).get("feature_extractor", {})
    fixed = {"sampling_rate": SAMPLE_RATE, "feature_size": 1}
    for key, expected in fixed.items():
        given = settings.get(key, expected) if isinstance(settings, dict) else None
        if given != expected:
            raise CheckpointError(f"{path}: {key} is {given!r}; expected {expected}. Take a checkpoint for 16 kHz.")
    return bool(settings.get("do_normalize", True)) if isinstance(settings, dict) else True


def read_letters(folder: Path, *, size: int) -> Letters:
    """The letters of a folder, vocab.json.

    Args:
        size: V of the head.

    Raises: CheckpointError for a vocabulary of several languages, one without blank, or ids that do not fit.
    """
    path = folder / "vocab.json"
    vocabulary = read_json(path)
    ids: dict[str, int] = {}
    for token, id_ in vocabulary.items():
        if isinstance(id_, dict):
            raise CheckpointError(
                f"{path}: has the letters of several languages, which belong to adapters. Take a checkpoint of one."
            )
        if not isinstance(id_, int) or isinstance(id_, bool) or not 0 <= id_ < size:
            raise CheckpointError(
                f"{path}: {token!r} is {id_!r}; expected an id below {size}, as the weights have. Use the files of one "
                "model together."
            )
        ids[token] = id_
    config = _table(folder / "special_tokens_map.json") | _table(folder / "tokenizer_config.json")
    blank = _content(config.get("pad_token", "<pad>"))
    if blank not in ids:
        raise CheckpointError(f"{path}: has no {blank!r}, the blank. Use the files of one model together.")
    space = _content(config.get("word_delimiter_token", "|"))
    silent = {_content(config.get(f"{name}_token", f"<{mark}>")) for name, mark in _MARKS.items()} - {space}
    text = {id_: token for token, id_ in ids.items() if token != blank and token not in silent}
    if space in ids:
        text[ids[space]] = " "
    if config.get("do_lower_case") is True:
        text = {id_: token.lower() for id_, token in text.items()}
    return Letters(text, ids[blank])


_MARKS = {"bos": "s", "eos": "/s", "unk": "unk"}


def _table(path: Path) -> dict[str, object]:
    return read_json(path) if path.is_file() else {}


def _content(token: object) -> str:
    """The spelling of a token, which is written alone or with flags."""
    return str(token.get("content", "")) if isinstance(token, dict) else str(token)
