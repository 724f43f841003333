"""Byte-level BPE over the `tokenizers` library: text to ids and back, special tokens apart.

Text never produces a special token: the encoder is told to treat special tokens in text as text
(`encode_special_tokens`), and ids of special tokens come only from `Tokenizer.special`.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

import tokenizers
from tokenizers import decoders, models, pre_tokenizers, trainers

from sensorium.chat.message import Text
from sensorium.core.errors import CheckpointError, UnreadableMedia


def check_text(text: str) -> None:
    """Raises: UnreadableMedia for half characters, which arguments that are not UTF-8 turn into."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise UnreadableMedia(
            f"text: got {text[error.start]!a} at character {error.start}, which is half a character; expected "
            "Unicode. Write the text in UTF-8."
        ) from error


class Decodes(Protocol):
    """Turns ids into text."""

    def decode(self, ids: list[int]) -> str:
        """Text of ids; special tokens give nothing, broken UTF-8 gives replacement characters."""


class Tokenizer:
    """Ids of texts, and pieces of text of ids."""

    def __init__(self, inner: tokenizers.Tokenizer) -> None:
        inner.encode_special_tokens = True
        self._inner = inner
        self._special = {token.content: id_ for id_, token in inner.get_added_tokens_decoder().items() if token.special}

    @classmethod
    def from_file(cls, path: Path) -> "Tokenizer":
        """Read a `tokenizer.json`. Raises: CheckpointError when it is missing or not one."""
        try:
            return cls(tokenizers.Tokenizer.from_str(path.read_text(encoding="utf-8")))
        except Exception as error:  # the library raises bare Exception
            raise CheckpointError(f"{path}: not a readable tokenizer.json ({error}). Fetch the model again.") from error

    @classmethod
    def train(cls, texts: Iterable[str], *, vocabulary: int, special: tuple[str, ...]) -> "Tokenizer":
        """Learn merges from texts; digits stay single, so that numbers are read digit by digit."""
        inner = tokenizers.Tokenizer(models.BPE())
        inner.pre_tokenizer = pre_tokenizers.Sequence(
            [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
        )
        inner.decoder = decoders.ByteLevel()
        trainer = trainers.BpeTrainer(
            vocab_size=vocabulary,
            special_tokens=list(special),
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            show_progress=False,
        )
        inner.train_from_iterator(texts, trainer)
        return cls(inner)

    def to_json(self) -> str:
        """The text of a `tokenizer.json`."""
        return str(self._inner.to_str(pretty=False))

    @property
    def vocabulary(self) -> int:
        """Number of ids, special ones included."""
        return int(self._inner.get_vocab_size())

    @property
    def special_ids(self) -> frozenset[int]:
        """The ids of all special tokens."""
        return frozenset(self._special.values())

    def special(self, token: str) -> int:
        """The id of a special token. Raises: CheckpointError when the tokenizer has no such token."""
        if token not in self._special:
            raise CheckpointError(
                f"tokenizer: no special token {token!r} (it has {', '.join(sorted(self._special))}). "
                "Tokenizer and model do not belong together; fetch the model again."
            )
        return self._special[token]

    def encode(self, part: Text) -> list[int]:
        """Ids of a text part; a spelled one letter by letter.

        Raises: UnreadableMedia for half characters, which arguments that are not UTF-8 turn into.
        """
        check_text(part.text)
        pieces = list(part.text) if part.spelled else [part.text]
        return [id_ for piece in pieces for id_ in self._inner.encode(piece, add_special_tokens=False).ids]

    def decode(self, ids: list[int]) -> str:
        """Text of ids; special tokens give nothing, broken UTF-8 gives replacement characters."""
        return str(self._inner.decode(ids, skip_special_tokens=True))


class Detokenizer:
    """Ids one at a time to pieces of text: a piece comes when its bytes are whole characters.

    A token may end one character and begin the next, so no count of tokens says when to give up waiting; bytes that
    never become a character come with the next whole one, or at the end. The tokens of the last piece are decoded
    again with those of the next: SentencePiece's decoders drop the space before the first. Pieces join to the text of
    all ids, except that Llama's decoder makes nothing but replacement characters of a run of bytes with one that is
    wrong, while those before it were shown already.
    """

    def __init__(self, tokenizer: Decodes) -> None:
        self._tokenizer = tokenizer
        self._shown: list[int] = []
        self._pending: list[int] = []

    def push(self, id_: int) -> str:
        """The text that this token completes; empty while a character is unfinished."""
        self._pending.append(id_)
        piece = self._piece()
        if not piece or piece.endswith("\N{REPLACEMENT CHARACTER}"):
            return ""
        self._shown, self._pending = self._pending, []
        return piece

    def finish(self) -> str:
        """What is left when no more tokens come."""
        piece = self._piece()
        self._shown, self._pending = [], []
        return piece

    def _piece(self) -> str:
        before = self._tokenizer.decode(self._shown)
        return self._tokenizer.decode([*self._shown, *self._pending])[len(before) :]
