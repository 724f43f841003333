"""Ids are those of the reference on the same folder; no user's text gives a special token; streams never break."""

import json
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import tokenizers
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tokenizers import AddedToken, Regex, decoders, models, normalizers, pre_tokenizers, processors, trainers

from sensorium.chat.hub_tokenizer import HubTokenizer, Prompt, expand, stop_ids
from sensorium.chat.jinja import ChatTemplate
from sensorium.chat.message import Message, Text, assistant, user
from sensorium.chat.tokenizer import Detokenizer
from sensorium.core.errors import CheckpointError, InputError, SpanMismatch, UnreadableMedia

CORPUS = ["What is this? A boot.", "how many red circles are there", "user assistant system", "三个红色的圆"] * 4
CHATML = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n"
    "{% for part in message['content'] %}{% if part['type'] == 'image' %}<image>{% else %}{{ part['text'] }}"
    "{% endif %}{% endfor %}<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
VICUNA = (
    "{% for message in messages %}{% if message['role'] == 'user' %}USER: {{ message['content'] | trim }} "
    "{% elif message['role'] == 'assistant' %}ASSISTANT: {{ message['content'] | trim }}{{ eos_token }}"
    "{% else %}{{ (bos_token or '') + message['content'] }} {% endif %}{% endfor %}"
    "{% if add_generation_prompt %}ASSISTANT:{% endif %}"
)


def bytes_bpe() -> tuple[tokenizers.Tokenizer, dict[str, Any]]:
    """As GPT-2, Llama 3 and Qwen have it."""
    inner = tokenizers.Tokenizer(models.BPE())
    inner.normalizer = normalizers.NFC()
    split = pre_tokenizers.Split(Regex(r"[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s+"), "isolated")
    inner.pre_tokenizer = pre_tokenizers.Sequence([split, pre_tokenizers.ByteLevel(False, use_regex=False)])
    inner.decoder = decoders.ByteLevel()
    inner.post_processor = processors.ByteLevel(trim_offsets=False)
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    inner.train_from_iterator(
        CORPUS, trainers.BpeTrainer(vocab_size=320, initial_alphabet=alphabet, show_progress=False)
    )
    inner.add_special_tokens([AddedToken(each) for each in ("<|endoftext|>", "<|im_start|>", "<|im_end|>", "<image>")])
    inner.add_tokens([AddedToken("<think>", normalized=False)])
    return inner, {"eos_token": "<|im_end|>", "pad_token": "<|endoftext|>", "chat_template": CHATML}


def sentence_bpe(scheme: str) -> tuple[tokenizers.Tokenizer, dict[str, Any]]:
    """As Llama 2 and Vicuna have it: "legacy" by a normaliser, or a Metaspace that prepends "first" or "always"."""
    bytes_ = [f"<0x{byte:02X}>" for byte in range(256)]
    inner = tokenizers.Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    inner.pre_tokenizer = pre_tokenizers.Metaspace()
    trainer = trainers.BpeTrainer(
        vocab_size=340, special_tokens=["<unk>", "<s>", "</s>", *bytes_], show_progress=False, limit_alphabet=40
    )
    inner.train_from_iterator(CORPUS, trainer)
    plain = json.loads(inner.to_str())
    plain["added_tokens"] = plain["added_tokens"][:3]
    plain["model"] |= {"byte_fallback": True, "fuse_unk": True, "unk_token": "<unk>"}
    inner = tokenizers.Tokenizer.from_str(json.dumps(plain))
    if scheme == "legacy":
        inner.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
        inner.pre_tokenizer = None
    else:
        inner.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme=scheme, split=False)
    strip = decoders.Strip(" ", 1, 0)
    inner.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), strip])
    inner.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 1)])
    inner.add_special_tokens([AddedToken("<image>", lstrip=True), AddedToken("<pad>", rstrip=True)])
    named = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "pad_token": "<pad>"}
    return inner, {**named, "chat_template": VICUNA}


def unigram() -> tuple[tokenizers.Tokenizer, dict[str, Any]]:
    """As T5 and SigLIP have it: special tokens are pieces of the vocabulary, and unknown letters have a special id."""
    pieces = ["<unk>", "</s>", *"▁<>/s abcdehilnortuw", "▁the", "▁is"]
    inner = tokenizers.Tokenizer(models.Unigram([(piece, -float(i > 1)) for i, piece in enumerate(pieces)], unk_id=0))
    inner.pre_tokenizer = pre_tokenizers.Metaspace()
    inner.decoder = decoders.Metaspace()
    inner.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 1)])
    inner.add_special_tokens(["<unk>", "</s>"])
    inner.enable_padding(length=64)
    inner.enable_truncation(8)
    return inner, {"eos_token": "</s>", "unk_token": "<unk>", "chat_template": VICUNA}


KINDS: dict[str, Callable[[], tuple[tokenizers.Tokenizer, dict[str, Any]]]] = {
    "bytes": bytes_bpe,
    "legacy": lambda: sentence_bpe("legacy"),
    "first": lambda: sentence_bpe("first"),
    "always": lambda: sentence_bpe("always"),
    "unigram": unigram,
}
Pair = tuple[HubTokenizer, ChatTemplate, Any]


@cache
def checkpoint(kind: str, root: Path) -> Pair:
    """Ours, the template, and the reference's, of one folder."""
    inner, config = KINDS[kind]()
    folder = root / kind
    folder.mkdir()
    inner.save(str(folder / "tokenizer.json"))
    (folder / "tokenizer_config.json").write_text(json.dumps(config), encoding="utf-8")
    reference = pytest.importorskip("transformers").PreTrainedTokenizerFast.from_pretrained(folder)
    return HubTokenizer.from_folder(folder), ChatTemplate.from_folder(folder), reference


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("checkpoints")


def dicts(messages: list[Message], *, parts: bool) -> list[dict[str, Any]]:
    """As the reference wants them."""
    if not parts:
        return [{"role": message.role, "content": message.text} for message in messages]
    return [
        {"role": message.role, "content": [{"type": "text", "text": part.text} for part in message.parts]}  # type: ignore[union-attr]
        for message in messages
    ]


def ours(pair: Pair, messages: list[Message], *, framed: bool = False) -> list[int]:
    tokenizer, template, _ = pair
    prompt = template.render(messages, ask=True, control=tokenizer.control, variables=tokenizer.variables)
    return tokenizer.encode(prompt, framed=framed)


anything = st.text(max_size=40) | st.text(alphabet="user <>/s|im 三红é😀\n\t", max_size=40)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=30)
@given(texts=st.lists(anything, min_size=1, max_size=4))
def test_ids_are_the_references(root: Path, kind: str, texts: list[str]) -> None:
    pair = checkpoint(kind, root)
    assume(not any(token in "".join(texts) for token in pair[0].control))
    messages = [user(text) if index % 2 == 0 else assistant(text) for index, text in enumerate(texts)]
    messages = [Message("system", (Text("Be brief."),)), *messages]
    conversation = dicts(messages, parts=kind == "bytes")
    expected = pair[2].apply_chat_template(conversation, add_generation_prompt=True, return_dict=False)
    assert ours(pair, messages) == expected


@pytest.mark.parametrize("kind", KINDS)
def test_frames_are_the_references(root: Path, kind: str) -> None:
    pair = checkpoint(kind, root)
    messages = [user("What is this?")]
    text = pair[2].apply_chat_template(
        dicts(messages, parts=kind == "bytes"), add_generation_prompt=True, tokenize=False
    )
    assert ours(pair, messages, framed=True) == pair[2](text).input_ids
    with_bos = [Message("system", (Text("Be brief."),)), *messages]
    if kind in ("legacy", "first", "always"):
        assert ours(pair, with_bos, framed=True) == ours(pair, with_bos)  # the template has written it
        spelled = ours(pair, [user("What </s> is <s> this?")], framed=True)
        assert spelled[0] == 1
        assert {1, 2}.isdisjoint(spelled[1:])


SPELLINGS = (
    "<|im_end|>",
    "<|im_start|>",
    "<|endoftext|>",
    "<image>",
    "<s>",
    "</s>",
    "<pad>",
    "<unk>",
    "<S>",
    "<Image>",
)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=50)
@given(words=st.lists(st.sampled_from((*SPELLINGS, "</", "s>", "<|im_", "end|>", " ", "\n")) | st.text(max_size=3)))
def test_no_text_gives_a_special_token(root: Path, kind: str, words: list[str]) -> None:
    pair = checkpoint(kind, root)
    tokenizer = pair[0]
    plain = Message("user", tuple(Text(word.strip("<>/s|")) for word in words))
    spelled = Message("user", tuple(map(Text, words)))  # each a part of its own: templates join them
    special = tokenizer.special_ids - {0}  # 0 stands for unknown letters
    expected, found = ([id_ for id_ in ours(pair, [message]) if id_ in special] for message in (plain, spelled))
    assert found == expected
    assert not special & set(tokenizer.encode(Prompt("".join(words), ())))


@pytest.mark.parametrize("kind", ["bytes", "legacy", "first", "always"])
def test_spelled_tokens_change_nothing_around_them(root: Path, kind: str) -> None:
    pair = checkpoint(kind, root)
    tokenizer = pair[0]
    ids = ours(pair, [user("What is <s> or <|im_end|> this?"), assistant(" A boot. ")])
    calm = ours(pair, [user("What is this?"), assistant(" A boot. ")])
    assert all(next(i for i in range(1, 99) if ids[i * step] != calm[i * step]) >= 5 for step in (1, -1))
    assert "What is <s> or <|im_end|> this?" in tokenizer.decode(ids)


def test_words_that_are_added_but_not_special_are_words_unless_forbidden(root: Path) -> None:
    tokenizer, template, reference = checkpoint("bytes", root)
    think = tokenizer.id("<think>")
    assert think in ours((tokenizer, template, reference), [user("a <think> b")])
    strict = HubTokenizer.from_folder(root / "bytes", also={"<think>"})
    assert think not in ours((strict, template, reference), [user("a <think> b")])
    assert strict.encode_trusted("a <think> b") == reference("a <think> b").input_ids
    assert strict.special_ids == tokenizer.special_ids
    with pytest.raises(CheckpointError, match="no added token '<thunk>'"):
        HubTokenizer.from_folder(root / "bytes", also={"<thunk>"})


def test_tokens_of_one_word_and_one_letter() -> None:
    inner = tokenizers.Tokenizer(models.WordLevel({"[UNK]": 0, "a": 1, "b": 2}, unk_token="[UNK]"))
    inner.pre_tokenizer = pre_tokenizers.Whitespace()
    inner.add_special_tokens([AddedToken("STOP", single_word=True), "§"])
    tokenizer = HubTokenizer(inner)
    stop, letter = tokenizer.id("STOP"), tokenizer.id("§")
    for text in ("a STOP b", "aSTOP b", "STOP§", "a § b"):
        assert tokenizer.encode(Prompt(text, ((0, len(text)),))) == inner.encode(text).ids
        assert {stop, letter}.isdisjoint(tokenizer.encode(Prompt(text, ())))


def test_a_letter_that_is_a_special_token_of_the_vocabulary_itself_is_refused() -> None:
    inner = tokenizers.Tokenizer(models.WordLevel({"[UNK]": 0, "a": 1, "§": 2}, unk_token="[UNK]"))
    inner.add_special_tokens(["§"])
    with pytest.raises(InputError, match="'§' is a special token of this model and no letter"):
        HubTokenizer(inner).encode(Prompt("§", ()))


def test_half_characters_are_refused(root: Path) -> None:
    tokenizer = checkpoint("bytes", root)[0]
    with pytest.raises(UnreadableMedia, match="half a character; expected Unicode"):
        tokenizer.encode(Prompt("a\ud800", ()))


# Ids to text


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=50)
@given(text=anything)
def test_pieces_join_to_the_whole(root: Path, kind: str, text: str) -> None:
    tokenizer, _, reference = checkpoint(kind, root)
    ids = tokenizer.encode(Prompt(text, ()))
    assert tokenizer.decode(ids) == reference.decode(ids, skip_special_tokens=True)
    stream = Detokenizer(tokenizer)
    pieces = [stream.push(id_) for id_ in ids]
    assert not any("\N{REPLACEMENT CHARACTER}" in piece for piece in pieces)
    assert "".join(pieces) + stream.finish() == tokenizer.decode(ids)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=50)
@given(ids=st.lists(st.integers(0, 400), max_size=30))
def test_pieces_of_any_ids_join_to_the_whole(root: Path, kind: str, ids: list[int]) -> None:
    tokenizer = checkpoint(kind, root)[0]
    stream = Detokenizer(tokenizer)
    pieces, whole = "".join([*map(stream.push, ids), stream.finish()]), tokenizer.decode(ids)
    if kind in ("bytes", "unigram") or "\N{REPLACEMENT CHARACTER}" not in whole:
        assert pieces == whole


def test_words_come_with_the_space_before_them_and_letters_whole(root: Path) -> None:
    for kind in ("bytes", "legacy"):
        tokenizer = checkpoint(kind, root)[0]
        stream = Detokenizer(tokenizer)
        pieces = [stream.push(id_) for id_ in tokenizer.encode(Prompt("how many 😀", ()))]
        assert "".join(pieces[:-4]).rstrip() == "how many"
        assert [piece.strip() for piece in pieces[-4:]] == ["", "", "", "😀"]


# The files


def write(folder: Path, **tables: object) -> Path:
    for name, table in tables.items():
        (folder / f"{name}.json").write_text(json.dumps(table), encoding="utf-8")
    return folder


FLAGS = {"lstrip": True, "rstrip": False, "normalized": False, "single_word": False, "special": True}
COMPANIONS: list[dict[str, object]] = [
    {},
    {
        "tokenizer_config": {
            "bos_token": "<|endoftext|>",
            "eos_token": {"__type": "AddedToken", "content": "<eos>", **FLAGS},
        }
    },
    {"tokenizer_config": {"image_token": "<photo>", "extra_special_tokens": ["<a>", "<b>"]}},
    {"tokenizer_config": {"extra_special_tokens": {"video_token": "<film>"}}},
    {"tokenizer_config": {"additional_special_tokens": ["<a>"], "pad_token": None, "eos_token": "<|im_end|>"}},
    {"tokenizer_config": {"added_tokens_decoder": {"400": {"content": "<new>", **FLAGS}}, "eos_token": "<new>"}},
    {"tokenizer_config": {"added_tokens_decoder": {"300": {"content": "<think>", **FLAGS}}}},
    {"special_tokens_map": {"eos_token": "<|im_end|>", "bos_token": {"content": "<bos>", "lstrip": True}}},
    {"added_tokens": {"<late>": 326, "<think>": 325, "<later>": 327}, "special_tokens_map": {"pad_token": "<late>"}},
]


@pytest.mark.parametrize("companions", COMPANIONS)
def test_what_lies_beside_the_tokenizer_counts_as_in_the_reference(
    root: Path, tmp_path: Path, companions: dict[str, object]
) -> None:
    checkpoint("bytes", root)
    write(tmp_path, **companions)
    (tmp_path / "tokenizer.json").write_bytes((root / "bytes" / "tokenizer.json").read_bytes())
    tokenizer = HubTokenizer.from_folder(tmp_path)
    reference = pytest.importorskip("transformers").PreTrainedTokenizerFast.from_pretrained(tmp_path)
    assert tokenizer.variables == reference.special_tokens_map
    assert tokenizer.vocabulary == len(reference)
    text = "  <eos> a <a> b <new> <think> <bos> <late> <later>  <film> <photo> <|im_end|> "
    assert tokenizer.encode_trusted(text) == reference(text, add_special_tokens=False).input_ids
    special = {id_ for id_, token in reference.added_tokens_decoder.items() if token.special}
    assert tokenizer.special_ids == special


@pytest.mark.parametrize("data", [b"", b"{}", b"[1]", b"\xff\xfe", b'{"model": {"type": "BPE"', b"null"])
def test_a_damaged_file_is_refused_by_name(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "tokenizer.json").write_bytes(data)
    with pytest.raises(CheckpointError, match=r"tokenizer\.json: not a readable tokenizer"):
        HubTokenizer.from_folder(tmp_path)


def test_damaged_companions_and_missing_files_are_refused_by_name(root: Path, tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"there is no tokenizer\.json.*converted by transformers"):
        HubTokenizer.from_folder(tmp_path)
    checkpoint("bytes", root)
    (tmp_path / "tokenizer.json").write_bytes((root / "bytes" / "tokenizer.json").read_bytes())
    (tmp_path / "tokenizer_config.json").write_text("[")
    with pytest.raises(CheckpointError, match=r"tokenizer_config\.json: not a readable JSON"):
        HubTokenizer.from_folder(tmp_path)
    decoders_ = [{"x": {"content": "<a>"}}, {"5": 7}, {"5": {}}]
    others = [[["<a>"]], {"film_token": None}]
    for key, tables in (("added_tokens_decoder", decoders_), ("extra_special_tokens", others)):
        for table in tables:
            write(tmp_path, tokenizer_config={key: table})
            with pytest.raises(CheckpointError, match=r"tokenizer_config\.json.*list tokens that are none"):
                HubTokenizer.from_folder(tmp_path)


@pytest.mark.parametrize(
    ("generation", "config", "expected"),
    [
        ({"eos_token_id": 3}, {"eos_token_id": 7}, {3}),
        ({"eos_token_id": [3, 4]}, {}, {3, 4}),
        ({}, {"eos_token_id": 7}, {7}),
        (None, {"text_config": {"eos_token_id": [5]}}, {5}),
        (None, {"eos_token_id": None, "text_config": {"eos_token_id": 0}}, {0}),
        (None, {}, set()),
    ],
)
def test_ends_of_answers(tmp_path: Path, generation: object, config: object, expected: set[int]) -> None:
    write(tmp_path, config=config, **({} if generation is None else {"generation_config": generation}))
    assert stop_ids(tmp_path) == expected


def test_ends_that_are_no_ids(tmp_path: Path) -> None:
    for wrong in ("</s>", [1, None], -1, True):
        with pytest.raises(CheckpointError, match=r"eos_token_id is .*; expected ids"):
            stop_ids(write(tmp_path, config={"eos_token_id": wrong}))


# Placeholders


def test_placeholders_become_as_many_as_there_are_rows() -> None:
    assert expand([1, 9, 2, 9, 9], 9, [3, [7, 9, 7], 0]) == [1, 9, 9, 9, 2, 7, 9, 7]
    assert expand([1, 2], 9, []) == [1, 2]
    for replacements in ([], [1], [1, 1, 1]):
        with pytest.raises(SpanMismatch, match=f"placeholder 9 2 times for {len(replacements)} media"):
            expand([9, 1, 9], 9, replacements)


def spelled(pieces: list[tuple[str, bool]]) -> Iterator[tuple[int, int]]:
    """Spans of the open pieces."""
    at = 0
    for text, is_open in pieces:
        if is_open:
            yield at, at + len(text)
        at += len(text)


def test_placeholders_in_text_are_replaced_where_the_template_wrote_them() -> None:
    pieces = [("A <i> ", True), ("<i>", False), ("<i><i>", True), (" B", True), (" <i>", False), ("C", True)]
    prompt = Prompt("".join(text for text, _ in pieces), tuple(spelled(pieces)))
    new = prompt.expand("<i>", ["<row>", "", "xx"])
    wanted = [("A <row> ", True), ("<i>", False), ("xx", True), (" B", True), (" <i>", False), ("C", True)]
    assert new == Prompt("".join(text for text, _ in wanted), tuple(spelled(wanted)))
    with pytest.raises(SpanMismatch, match="placeholder '<i>' 3 times for 2 media"):
        prompt.expand("<i>", ["a", "b"])
