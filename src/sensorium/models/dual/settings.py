"""What the files beside the weights say about pictures and texts."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from sensorium.chat.hub_tokenizer import HubTokenizer, Prompt
from sensorium.core.errors import CheckpointError
from sensorium.inputs.pictures import PictureSpec
from sensorium.inputs.settings import picture_settings, tower_pictures
from sensorium.weights.checkpoint import read_json


def read_pictures(folder: Path, *, defaults: Mapping[str, object], side: int) -> PictureSpec:
    """How a folder wants pictures prepared.

    Args:
        folder: with a preprocessor_config.json, or a processor_config.json that holds one.
        defaults: of the family, for settings that are left out.
        side: of the pictures that the vision tower takes.

    Raises: CheckpointError when neither is there, or makes pictures of another size; ConfigError for a setting that is
    not supported.
    """
    settings, path = picture_settings(folder)
    return tower_pictures(settings, side, where=path, defaults=defaults)


@dataclass(frozen=True, eq=False)
class TextSettings:
    """What the tokenizer's files of a folder say.

    encode: a text to its ids, the special ones around it included; no text gives a special one.
    pad: the id of padding.
    left: padding goes before the text.
    lower: letters become small ones, whether the tokenizer itself makes them so or not.
    masked: padding is not to be seen; None where nothing is said.
    """

    encode: Callable[[str], list[int]]
    pad: int
    left: bool
    lower: bool
    masked: bool | None


def read_text_settings(folder: Path) -> TextSettings:
    """Read tokenizer.json and tokenizer_config.json. Raises: CheckpointError when one is missing or damaged."""
    path = folder / "tokenizer_config.json"
    tokenizer = HubTokenizer.from_folder(folder)
    data = read_json(path)
    names = data.get("model_input_names")
    side = data.get("padding_side", "right")
    if side not in ("left", "right"):
        raise CheckpointError(f"{path}: padding_side is {side!r}; expected left or right. Fetch the checkpoint again.")
    if "pad_token" not in tokenizer.variables:
        raise CheckpointError(f"{path}: says no pad_token, which fills up short texts. Fetch the checkpoint again.")
    return TextSettings(
        encode=_framed(tokenizer),
        pad=tokenizer.id(tokenizer.variables["pad_token"]),
        left=side == "left",
        lower=data.get("do_lower_case") is True,
        masked="attention_mask" in names if isinstance(names, list) else None,
    )


def _framed(tokenizer: HubTokenizer) -> Callable[[str], list[int]]:
    """Encodes texts between the special tokens that the tokenizer puts around every text."""
    letter, framed = (tokenizer.encode(Prompt("a", ()), framed=each) for each in (False, True))
    start = next(at for at in range(len(framed)) if framed[at : at + len(letter)] == letter)
    before, after = framed[:start], framed[start + len(letter) :]

    def encode(text: str) -> list[int]:
        return [*before, *tokenizer.encode(Prompt(text, ())), *after]

    return encode
