"""Any text goes there and back; nothing a user writes is a special token; streams never show half a character."""

import json
from pathlib import Path

import pytest
import tokenizers
from hypothesis import given
from hypothesis import strategies as st

from sensorium.chat.message import Text
from sensorium.chat.template import SPECIAL_TOKENS
from sensorium.chat.tokenizer import Detokenizer, Tokenizer
from sensorium.core.errors import CheckpointError, UnreadableMedia

anything = st.text(max_size=60) | st.text(alphabet="三个红色的圆aé 😀�1", max_size=40)


@given(text=anything, spelled=st.booleans())
def test_there_and_back(tiny_tokenizer: Tokenizer, text: str, spelled: bool) -> None:
    assert tiny_tokenizer.decode(tiny_tokenizer.encode(Text(text, spelled=spelled))) == text


@given(words=st.lists(st.sampled_from(SPECIAL_TOKENS) | st.text(max_size=5)))
def test_no_text_gives_a_special_token(tiny_tokenizer: Tokenizer, words: list[str]) -> None:
    special = tiny_tokenizer.special_ids
    assert special == {tiny_tokenizer.special(token) for token in SPECIAL_TOKENS}
    text = "".join(words)
    for spelled in (False, True):
        ids = tiny_tokenizer.encode(Text(text, spelled=spelled))
        assert special.isdisjoint(ids)
        assert tiny_tokenizer.decode(ids) == text


@given(text=st.text(alphabet=st.characters(max_codepoint=127), max_size=30))
def test_spelled_text_has_one_id_per_letter(tiny_tokenizer: Tokenizer, text: str) -> None:
    assert len(tiny_tokenizer.encode(Text(text, spelled=True))) == len(text)


def test_words_are_merged_unless_spelled_and_digits_never(tiny_tokenizer: Tokenizer) -> None:
    word = "circles"
    assert len(tiny_tokenizer.encode(Text(word))) < len(word)
    assert len(tiny_tokenizer.encode(Text("20261"))) == 5


@given(text=anything)
def test_pieces_join_to_the_whole(tiny_tokenizer: Tokenizer, text: str) -> None:
    detokenizer = Detokenizer(tiny_tokenizer)
    pieces = [detokenizer.push(id_) for id_ in tiny_tokenizer.encode(Text(text))]
    if "\N{REPLACEMENT CHARACTER}" not in text:  # a written one looks like a broken one, and waits for what follows
        assert "".join(pieces) == text
        assert not any("\N{REPLACEMENT CHARACTER}" in piece for piece in pieces)
    assert "".join(pieces) + detokenizer.finish() == text


@given(ids=st.lists(st.integers(0, 299), max_size=30))
def test_pieces_of_any_ids_join_to_the_whole(tiny_tokenizer: Tokenizer, ids: list[int]) -> None:
    detokenizer = Detokenizer(tiny_tokenizer)
    pieces = [detokenizer.push(id_) for id_ in ids]
    assert "".join(pieces) + detokenizer.finish() == tiny_tokenizer.decode(ids)


def test_tokens_across_characters_never_show_half_of_one() -> None:
    plain = json.loads(Tokenizer.train([], vocabulary=265, special=SPECIAL_TOKENS).to_json())
    plain["model"]["vocab"]["Ģä"] = (
        265  # the last byte of one character and the first of the next: 一丁 is e4b880 e4b881
    )
    plain["model"]["merges"].append(["Ģ", "ä"])
    tokenizer = Tokenizer(tokenizers.Tokenizer.from_str(json.dumps(plain)))
    ids = tokenizer.encode(Text("一丁"))
    assert len(ids) == 5
    detokenizer = Detokenizer(tokenizer)
    assert [detokenizer.push(id_) for id_ in ids] == ["", "", "", "", "一丁"]


def test_ids_beyond_the_tokenizer_give_nothing(tiny_tokenizer: Tokenizer) -> None:
    assert tiny_tokenizer.decode([5000, tiny_tokenizer.special("<|end|>")]) == ""


@pytest.mark.parametrize("text", ["\ud800", "name\udcff.png"])
def test_half_characters_are_refused(tiny_tokenizer: Tokenizer, text: str) -> None:
    with pytest.raises(UnreadableMedia, match="half a character; expected Unicode"):
        tiny_tokenizer.encode(Text(text))


def test_saved_and_read_again_it_is_the_same(tiny_tokenizer: Tokenizer, tmp_path: Path) -> None:
    path = tmp_path / "tokenizer.json"
    path.write_text(tiny_tokenizer.to_json(), encoding="utf-8")
    read = Tokenizer.from_file(path)
    text = Text("<|end|> 三个 red circles 42")
    assert read.encode(text) == tiny_tokenizer.encode(text)
    assert read.vocabulary == tiny_tokenizer.vocabulary == 300
    assert all(read.special(token) == tiny_tokenizer.special(token) for token in SPECIAL_TOKENS)


def test_training_twice_gives_the_same() -> None:
    texts = ["What is this?", "三个红色的圆", "how many circles"] * 5
    first, second = (Tokenizer.train(texts, vocabulary=290, special=SPECIAL_TOKENS) for _ in range(2))
    assert first.to_json() == second.to_json()


@pytest.mark.parametrize("data", [b"", b"{}", b"[1]", b"\xff\xfe", b'{"model": {"type": "BPE"', b"null"])
def test_a_damaged_file_is_refused_by_name(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "tokenizer.json"
    path.write_bytes(data)
    with pytest.raises(CheckpointError, match=r"tokenizer\.json: not a readable tokenizer\.json"):
        Tokenizer.from_file(path)


def test_a_missing_file_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="not a readable"):
        Tokenizer.from_file(tmp_path / "tokenizer.json")


@given(cut=st.integers(1, 2000))
def test_a_truncated_file_is_refused(
    tiny_tokenizer: Tokenizer, tmp_path_factory: pytest.TempPathFactory, cut: int
) -> None:
    path = tmp_path_factory.mktemp("tokenizer") / "tokenizer.json"
    path.write_text(tiny_tokenizer.to_json()[:-cut], encoding="utf-8")
    with pytest.raises(CheckpointError, match="not a readable"):
        Tokenizer.from_file(path)


def test_a_tokenizer_without_our_special_tokens_is_named_as_foreign() -> None:
    tokenizer = Tokenizer.train(["abc"], vocabulary=270, special=("<|pad|>",))
    with pytest.raises(CheckpointError, match=r"no special token '<\|end\|>'"):
        tokenizer.special("<|end|>")
