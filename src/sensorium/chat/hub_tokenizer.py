"""Tokenizers of open checkpoints: rendered talks to the reference's ids, and ids to text, over `tokenizers`.

    messages ── ChatTemplate.render ── Prompt ── HubTokenizer.encode ── ids ── expand ── ids of a talk with its media

tokenizer.json is taken as it is, with the tokens that tokenizer_config.json and its older companions add. (The
reference rebuilds some, Llama's and Qwen2's among them, from vocabulary and merges alone, and then differs from its own
generic class where a file's normaliser or pre-tokenizer is unusual.)

No text of a user ever gives a special token, unlike there. Where none is spelled, which is nearly always, the whole
text is encoded as the reference does it. Otherwise it is split at the template's own special tokens by hand. Tokens
that are added but not special (Qwen's `<think>`) are letters like others: name them as control to forbid them.
"""

import re
import secrets
import threading
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import tokenizers
from tokenizers import AddedToken, Encoding

from sensorium.chat.tokenizer import check_text
from sensorium.core.errors import CheckpointError, InputError, SpanMismatch
from sensorium.weights.folder import read_json

# Prompts


@dataclass(frozen=True)
class Prompt:
    """A rendered talk.

    open: spans (start, stop) of `text`, ascending; a special token counts as one only where it lies within a span.
    """

    text: str
    open: tuple[tuple[int, int], ...]

    def expand(self, token: str, replacements: Sequence[str]) -> "Prompt":
        """The same with the template's n-th `token` replaced by the n-th text, in which special tokens count.

        Raises: SpanMismatch when there are more or fewer.
        """
        spelling = re.compile(re.escape(token))
        found = [each.start() for span in self.open for each in spelling.finditer(self.text, *span)]
        _check_count(repr(token), len(found), len(replacements))
        pieces: list[str] = []
        spans: list[tuple[int, int]] = []
        at, grown, next_ = 0, 0, 0
        for start, stop in self.open:
            opened = start + grown
            while next_ < len(found) and found[next_] < stop:
                pieces += [self.text[at : found[next_]], replacements[next_]]
                at = found[next_] + len(token)
                grown += len(replacements[next_]) - len(token)
                next_ += 1
            spans.append((opened, stop + grown))
        return Prompt("".join([*pieces, self.text[at:]]), tuple(spans))


# Text to ids


class HubTokenizer:
    """Ids of prompts, and text of ids."""

    def __init__(
        self, inner: tokenizers.Tokenizer, *, variables: Mapping[str, str] | None = None, also: Collection[str] = ()
    ) -> None:
        """Take over `inner`.

        Args:
            variables: what templates are given: "bos_token" and the like to spellings.
            also: added tokens that users may not write either (placeholders of media that are not marked as special).

        Raises: CheckpointError when `also` has a token that there is not.
        """
        inner.no_padding()
        inner.no_truncation()
        inner.encode_special_tokens = False
        self._inner = inner
        self._added = {id_: token for id_, token in inner.get_added_tokens_decoder().items() if token.content}
        self.variables = dict(variables or {})
        contents = {token.content for token in self._added.values()}
        for token in also:
            if token not in contents:
                raise CheckpointError(
                    f"tokenizer: no added token {token!r}. Tokenizer and model do not belong together; fetch the model "
                    "again."
                )
        self.special_ids = frozenset(id_ for id_, token in self._added.items() if token.special)
        own = {id_: token for id_, token in self._added.items() if token.special or token.content in also}
        self._control = {token.content: id_ for id_, token in own.items()}
        self._control_ids = frozenset(own)
        self.control = tuple(self._control)
        self._spelling = _any_of(own.values())
        self._unknown = frozenset(inner.encode("\U000f0000", add_special_tokens=False).ids)
        self._letters: tokenizers.Tokenizer | None = None
        self._before = f"\U000f0000{secrets.token_hex(16)}"  # stands in for a special token; no text has it
        self._lock = threading.Lock()

    @classmethod
    def from_folder(cls, folder: Path, *, also: Collection[str] = ()) -> "HubTokenizer":
        """The tokenizer of a checkpoint. Raises: CheckpointError when there is none, or its files are damaged."""
        path = folder / "tokenizer.json"
        if not path.is_file():
            raise CheckpointError(
                f"{folder}: there is no tokenizer.json. Fetch the model again; one that has only tokenizer.model is "
                "converted by transformers: AutoTokenizer.from_pretrained(folder).save_pretrained(folder)"
            )
        try:
            inner = tokenizers.Tokenizer.from_str(path.read_text(encoding="utf-8"))
        except Exception as error:  # the library raises bare Exception
            raise CheckpointError(f"{path}: not a readable tokenizer ({error}). Fetch the model again.") from error
        try:
            variables, missing = _config_tokens(folder, inner)
        except (TypeError, ValueError) as error:
            raise CheckpointError(
                f"{folder}: tokenizer_config.json, or one of its companions, list tokens that are none ({error}); "
                "expected spellings. Fetch the model again."
            ) from error
        inner.add_tokens(missing)
        return cls(inner, variables=variables, also=also)

    def to_json(self) -> str:
        """The text of a `tokenizer.json`."""
        return str(self._inner.to_str(pretty=False))

    @property
    def vocabulary(self) -> int:
        """Number of ids, added ones included."""
        return int(self._inner.get_vocab_size())

    def id(self, token: str) -> int:
        """The id of a token by its exact spelling. Raises: CheckpointError when there is no such token."""
        found = self._inner.token_to_id(token)
        if found is None:
            raise CheckpointError(
                f"tokenizer: no token {token!r}. Tokenizer and model do not belong together; fetch the model again."
            )
        return int(found)

    def encode(self, prompt: Prompt, *, framed: bool = False) -> list[int]:
        """Ids of a rendered talk.

        Args:
            framed: add what the tokenizer puts around a text (a BOS), unless the text begins with it: the way of the
                reference's processors, not of its tokenizers' `apply_chat_template`.

        Raises: UnreadableMedia for text that is not Unicode; InputError for a letter that is itself a special token.
        """
        check_text(prompt.text)
        bos = self.variables.get("bos_token")
        begun = bool(bos and prompt.open and prompt.open[0][0] == 0 and prompt.text.startswith(bos))
        framed = framed and not begun
        own = list(self._own(prompt))
        whole = self._inner.encode(prompt.text, add_special_tokens=False)
        if self._says_only(own, whole, prompt.text):
            return list(self._inner.post_process(whole).ids if framed else whole.ids)
        ids: list[int] = []
        at = 0
        for id_, start, stop in own:
            ids += [*self._text_ids(prompt.text[at:start], first=at == 0), id_]
            at = stop
        ids += self._text_ids(prompt.text[at:], first=at == 0)
        return self._frame(ids) if framed else ids

    def encode_trusted(self, text: str) -> list[int]:
        """Ids of a text of our own, in which special tokens count."""
        return list(self._inner.encode(text, add_special_tokens=False).ids)

    def decode(self, ids: Sequence[int]) -> str:
        """Text of ids; special tokens give nothing, broken UTF-8 gives replacement characters.

        As the reference with `skip_special_tokens`, without its cleaning-up of spaces, which harms text.
        """
        return str(self._inner.decode(list(ids), skip_special_tokens=True))

    def _own(self, prompt: Prompt) -> Iterator[tuple[int, int, int]]:
        """The template's special tokens: id, and the span that each takes, with the white space it swallows."""
        text, at = prompt.text, 0
        for span in prompt.open:
            for found in self._spelling.finditer(text, *span):
                start, stop = found.span()
                id_ = self._control[found[0]]
                while self._added[id_].lstrip and start > at and text[start - 1].isspace():
                    start -= 1
                while self._added[id_].rstrip and text[stop : stop + 1].isspace():
                    stop += 1
                yield id_, start, stop
                at = stop

    def _says_only(self, own: list[tuple[int, int, int]], whole: Encoding, text: str) -> bool:
        """Whether an encoding of the whole text has the template's special tokens, in their places, and no others."""
        found = [
            (id_, start, stop)
            for id_, (start, stop) in zip(whole.ids, whole.offsets, strict=True)
            if id_ in self._control_ids and not self._stands_for(id_, text[start:stop])
        ]
        return len(found) == len(own) and all(
            id_ == mine and first <= start <= stop <= last
            for (id_, start, stop), (mine, first, last) in zip(found, own, strict=True)
        )

    def _stands_for(self, id_: int, text: str) -> bool:
        """Whether an id only stands for letters that the vocabulary lacks: harmless, though it is a special one."""
        return id_ in self._unknown and self._added[id_].content not in text

    def _text_ids(self, text: str, *, first: bool) -> list[int]:
        """Ids of a text in which special tokens are letters; not `first`: one that stands behind a special token."""
        if not text:
            return []
        with self._lock:
            if self._letters is None:
                self._letters = tokenizers.Tokenizer.from_str(self._inner.to_str())
                self._letters.add_special_tokens([AddedToken(each, special=True) for each in self.control])
                self._letters.add_tokens([AddedToken(self._before, normalized=False)])
                self._letters.encode_special_tokens = True
        lead = "" if first else self._before
        found = self._letters.encode(lead + text, add_special_tokens=False)
        ids = found.ids[bool(lead) :]
        for id_, (start, stop) in zip(ids, found.offsets[bool(lead) :], strict=True):
            spelled = (lead + text)[start:stop]
            if id_ in self._control_ids and not self._stands_for(id_, spelled):
                # The vocabulary itself spells a special token, as SentencePiece's unigrams do: break the spelling.
                middle = start - len(lead) + (len(spelled) + 1) // 2
                if not 0 < middle < len(text):
                    raise InputError(f"text: {spelled!r} is a special token of this model and no letter. Leave it out.")
                return self._text_ids(text[:middle], first=first) + self._text_ids(text[middle:], first=False)
        return list(ids)

    def _frame(self, ids: list[int]) -> list[int]:
        letter = self._inner.encode("x")
        inside = [place for place, added in enumerate(letter.special_tokens_mask) if not added]
        return [*letter.ids[: inside[0]], *ids, *letter.ids[inside[-1] + 1 :]]


def _any_of(tokens: Iterable[AddedToken]) -> re.Pattern[str]:
    """Matches each of them, of those that begin at one place the longest; a single word where no letter touches it."""
    found = sorted(tokens, key=lambda token: len(token.content), reverse=True)
    each = (rf"(?<!\w){re.escape(it.content)}(?!\w)" if it.single_word else re.escape(it.content) for it in found)
    return re.compile("|".join(each) or "(?!)")


def _config_tokens(folder: Path, inner: tokenizers.Tokenizer) -> tuple[dict[str, str], list[AddedToken]]:
    """What a folder says beside tokenizer.json: names of special tokens, and the added tokens that are not in it."""
    config = _table(folder / "tokenizer_config.json")
    listed = config.get("added_tokens_decoder")
    if not isinstance(listed, dict):  # older files, which newer ones override
        config |= _table(folder / "special_tokens_map.json")
    named = {
        key: value
        for key, value in config.items()
        if value and isinstance(value, str | dict) and key.endswith("_token")
    }
    others = config.get("extra_special_tokens") or config.get("additional_special_tokens") or ()
    if isinstance(others, dict):
        named |= others
        others = ()
    special = [*named.values(), *(others if isinstance(others, list) else ())]
    there = inner.get_added_tokens_decoder().values()
    if not isinstance(listed, dict):
        spelled = {_content(each) for each in special}
        listed = {
            id_: {"content": content, "special": content in spelled, "normalized": content not in spelled}
            for content, id_ in _table(folder / "added_tokens.json").items()
            if inner.token_to_id(content) is None
        }
    names = {_content(value) for value in named.values()}
    wanted = [_added(listed[id_], special=_content(listed[id_]) in names) for id_ in sorted(listed, key=int)]
    missing = [token for token in wanted if repr(token) not in set(map(repr, there))]
    contents = {token.content for token in (*there, *missing)}
    missing += [_added(each, special=True) for each in special if _content(each) not in contents]
    return {key: _content(value) for key, value in named.items()}, missing


def _table(path: Path) -> dict[str, object]:
    return read_json(path) if path.is_file() else {}


def _content(token: object) -> str:
    """The spelling of a token, which is written alone or with flags. Raises: TypeError when it is neither."""
    content = token.get("content") if isinstance(token, dict) else token
    if not isinstance(content, str) or not content:
        raise TypeError(repr(token)[:80])
    return content


def _added(token: object, *, special: bool = False) -> AddedToken:
    flags = {key: bool(token[key]) for key in _FLAGS if key in token} if isinstance(token, dict) else {}
    flags["special"] = special or flags.get("special", False)
    return AddedToken(_content(token), **flags)


_FLAGS = ("single_word", "lstrip", "rstrip", "normalized", "special")


def stop_ids(folder: Path) -> frozenset[int]:
    """Ids that end an answer: of generation_config.json, else of config.json or its text_config.

    Raises: CheckpointError when an id is no number, or a file is unreadable.
    """
    config = _table(folder / "config.json")
    for source in (_table(folder / "generation_config.json"), config, config.get("text_config")):
        ids = source.get("eos_token_id") if isinstance(source, dict) else None
        if ids is None:
            continue
        ids = ids if isinstance(ids, list) else [ids]
        if not all(isinstance(id_, int) and not isinstance(id_, bool) and id_ >= 0 for id_ in ids):
            raise CheckpointError(f"{folder}: eos_token_id is {ids!r}; expected ids. Fetch the model again.")
        return frozenset(ids)
    return frozenset()


# Media among ids


def expand(ids: Sequence[int], placeholder: int, replacements: Sequence[int | Sequence[int]]) -> list[int]:
    """Ids with the n-th `placeholder` as often as the n-th number says, or replaced by the n-th sequence of ids.

    Raises: SpanMismatch when there are more or fewer placeholders.
    """
    _check_count(str(placeholder), list(ids).count(placeholder), len(replacements))
    media = iter(replacements)
    expanded: list[int] = []
    for id_ in ids:
        if id_ != placeholder:
            expanded.append(id_)
            continue
        rows = next(media)
        expanded.extend([placeholder] * rows if isinstance(rows, int) else rows)
    return expanded


def _check_count(placeholder: str, found: int, expected: int) -> None:
    if found != expected:
        raise SpanMismatch(
            f"chat template: wrote the placeholder {placeholder} {found} times for {expected} media. "
            "Template and model do not belong together; fetch the model again."
        )
