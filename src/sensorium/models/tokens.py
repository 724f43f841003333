"""What families take from a checkpoint's tokenizer, and check."""

from collections.abc import Mapping
from pathlib import Path

from sensorium.chat.hub_tokenizer import HubTokenizer, stop_ids
from sensorium.core.errors import CheckpointError


def check_rows(folder: Path, tokenizer: HubTokenizer, rows: Mapping[str, int | None], *, vocabulary: int) -> None:
    """Tokenizer and config must call the same ids placeholders, and the language model must embed them.

    Args:
        folder: of the checkpoint.
        tokenizer: its tokenizer.
        rows: spellings of placeholders to the ids in config.json, None where that does not say it.
        vocabulary: ids that are embedded.

    Raises: CheckpointError when they do not.
    """
    for row, said in rows.items():
        found = tokenizer.id(row)
        if said not in (None, found) or found >= vocabulary:
            raise CheckpointError(
                f"{folder}: {row} is id {found} for the tokenizer; expected {'an id' if said is None else said}, below "
                f"{vocabulary}, as config.json says. Use the files of one model together."
            )


def answer_ends(folder: Path, tokenizer: HubTokenizer, token: str | None = None) -> frozenset[int]:
    """Ids that end an answer: those that the files name, and that of `token`, or of the tokenizer's own end.

    Raises: CheckpointError when the files name what is no id, or there is no such token.
    """
    end = token or tokenizer.variables.get("eos_token")
    return stop_ids(folder) | ({tokenizer.id(end)} if end else set())
