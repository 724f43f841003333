"""Talks become the reference's text, in the form that each template takes; users' texts are told from its own."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensorium.chat.hub_tokenizer import Prompt
from sensorium.chat.jinja import ChatTemplate, Marks
from sensorium.chat.message import Message, Text, assistant, user
from sensorium.chat.sandbox import TemplateLimits
from sensorium.core.errors import (
    CheckpointError,
    ConfigError,
    InputError,
    LimitExceeded,
    UnreadableMedia,
    UnsupportedMedia,
)
from sensorium.media.types import AudioClip, Document, Image, VideoClip

IMAGE = Image(np.zeros((4, 4, 3), np.uint8), "boot.png")
SOUND = AudioClip(np.zeros(8, np.float32), "beep.wav")
FILM = VideoClip(np.zeros((1, 4, 4, 3), np.uint8), np.zeros(1), 1.0, source="car.mp4")
SYSTEM = Message("system", (Text("Be brief."),))
TALK = [SYSTEM, user(IMAGE, "What is this? "), assistant(" A boot."), user(" And its ", "colour?", IMAGE)]
WORDS = [SYSTEM, user("What is <b>this</b>?"), assistant(" A boot. "), user("\nAnd that?\n")]

PARTS = {
    "chatml": "{% for m in messages %}<|im_start|>{{ m.role }}\n{% for p in m.content %}"
    "{% if p.type == 'text' %}{{ p.text }}{% else %}<{{ p.type }}>{% endif %}{% endfor %}<|im_end|>\n{% endfor %}",
    "either": "{% for m in messages %}{{ m['role'] }}: {% if m['content'] is string %}{{ m['content'] }}{% else %}"
    "{% for p in m['content'] %}{% if 'image' in p or p['type'] == 'image' %}<image>"
    "{% elif 'text' in p %}{{ p['text'] }}{% endif %}{% endfor %}{% endif %}\n{% endfor %}",
    "key": "{% for m in messages %}{% for p in m['content'] %}{% if 'image' in p %}<image>{% else %}{{ p['text'] }}"
    "{% endif %}{% endfor %}{% endfor %}",
    "pictures first": "{% for m in messages %}{{ m['role'].upper() + ': ' }}"
    "{% for p in m['content'] | selectattr('type', 'equalto', 'image') %}{{ '<image>\n' }}{% endfor %}"
    "{% for p in m['content'] | selectattr('type', 'equalto', 'text') %}{% generation %}{{ p['text'] + ' ' }}"
    "{% endgeneration %}{% endfor %}{% endfor %}",
    "first part": "{% for m in messages %}{{ m.role | capitalize }}{% if m.content[0].type == 'image' %}:{% else %}: "
    "{% endif %}{% for p in m.content %}{% if p.type == 'image' %}<image>{% else %}{{ p.text | trim }}{% endif %}"
    "{% endfor %}<end_of_utterance>\n{% endfor %}",
    "strict": "{% for m in messages %}{% if loop.first and m.role == 'system' %}{{ bos_token + m.content[0].text }}"
    "{% elif m.role != 'system' %}[{{ m.role }}]{% for p in m.content %}{{ p.text or '<image>' }}{% endfor %}"
    "{% else %}{{ raise_exception('no') }}{% endif %}{% endfor %}",
}
STRINGS = {
    "vicuna": "{% for m in messages %}{% if m.role == 'user' %}USER: {{ m.content | trim }} "
    "{% elif m.role == 'assistant' %}ASSISTANT: {{ m.content.strip() + eos_token }}{% else %}{{ m.content }} "
    "{% endif %}{% endfor %}",
    "plain": "{% for m in messages %}{{ '<|' + m.role + '|>' + m.content + '\n' }}{% endfor %}",
    "thinking": "{% for m in messages %}{% if m.content is string %}{% set c = m.content %}{% else %}{% set c = '' %}"
    "{% endif %}{{ m.role }}: {{ c.split('</think>')[-1].lstrip('\n') }}{% endfor %}",
    "json": "{{ messages | tojson }}",
}
ASK = "{% if add_generation_prompt %}ASSISTANT:{% endif %}"
NAMES = {"bos_token": "<s>", "eos_token": "</s>"}
CONTROL = ("<s>", "</s>", "<|im_start|>", "<|im_end|>", "<image>", "<end_of_utterance>")


@pytest.fixture(scope="module")
def reference() -> Callable[[str, list[dict[str, Any]]], str]:
    render = pytest.importorskip("transformers.utils.chat_template_utils").render_jinja_template
    return lambda source, chat: render([chat], chat_template=source, add_generation_prompt=True, **NAMES)[0][0]


def parts(messages: list[Message]) -> list[dict[str, Any]]:
    """As the reference wants them: lists of parts, of which media have their address."""
    return [
        {
            "role": message.role,
            "content": [
                {"type": "text", "text": part.text}
                if isinstance(part, Text)
                else {"type": part.modality, part.modality: ""}
                for part in message.parts
            ],
        }
        for message in messages
    ]


@pytest.mark.parametrize("name", PARTS)
def test_templates_of_parts(reference: Callable[[str, Any], str], name: str) -> None:
    source = PARTS[name] + ASK
    prompt = ChatTemplate(source).render(TALK, ask=True, control=CONTROL, variables=NAMES)
    assert prompt.text == reference(source, parts(TALK))
    assert sum(prompt.text[start:stop].count("<image>") for start, stop in prompt.open) == 2
    assert ChatTemplate(source).render(TALK, ask=False, variables=NAMES).text == prompt.text.removesuffix("ASSISTANT:")


@pytest.mark.parametrize("name", STRINGS)
def test_templates_of_strings(reference: Callable[[str, Any], str], name: str) -> None:
    source = STRINGS[name] + ASK
    strings = [{"role": message.role, "content": message.text} for message in WORDS]
    if name == "json":
        source = "{% for m in messages %}{{ m.content + '' }}{% endfor %}{{ messages | tojson }}"
    prompt = ChatTemplate(source).render(WORDS, ask=True, control=CONTROL, variables=NAMES)
    assert prompt.text == reference(source, strings)


def test_each_role_has_its_own_form() -> None:
    source = (
        "{% for m in messages %}{% if m.role == 'user' %}{% for p in m.content %}{{ p.text or '<i>' }}{% endfor %}"
        "{% else %}[{{ m.content + eos_token }}]{% endif %}{% endfor %}"
    )
    prompt = ChatTemplate(source).render(TALK, ask=False, variables=NAMES)
    assert prompt.text == "[Be brief.</s>]<i>What is this? [ A boot.</s>] And its colour?<i>"


def test_media_without_a_place_are_refused_or_stood_in_for() -> None:
    template = ChatTemplate(STRINGS["vicuna"])
    with pytest.raises(UnsupportedMedia, match=r"boot\.png: the chat template of this model has no place for .* image"):
        template.render([user(IMAGE, "What?")], ask=True)
    prompt = template.render(
        [user(IMAGE, "What <image>?")], ask=True, control=CONTROL, stand_ins={"image": "<image>\n"}
    )
    assert prompt.text == "USER: <image>\nWhat <image>? "
    assert prompt.expand("<image>", ["<image><image>"]).text == "USER: <image><image>\nWhat <image>? "
    with pytest.raises(UnsupportedMedia, match=r"note\.txt: .* document"):
        ChatTemplate(PARTS["chatml"]).render([user(Document("a", "note.txt"))], ask=True)
    every = ChatTemplate(PARTS["chatml"]).render([user(FILM, SOUND, IMAGE)], ask=True)
    assert every.text == "<|im_start|>user\n<video><audio><image><|im_end|>\n"


# Marks

JOINING, TRIMMING = ChatTemplate(PARTS["chatml"]), ChatTemplate(PARTS["first part"])


def opened(prompt: Prompt, token: str) -> int:
    return sum(prompt.text.count(token, *span) for span in prompt.open)


texts = st.lists(
    st.sampled_from([*CONTROL, "<|im_", "end|>", "<", "s>", " ", "\n", "a"]) | st.text(max_size=4), max_size=6
)


@given(words=texts)
def test_what_users_spell_is_told_from_what_the_template_spells(words: list[str]) -> None:
    message = Message("user", tuple(map(Text, words)))
    for template in (JOINING, TRIMMING):
        prompt = template.render([message], ask=True, control=CONTROL, variables=NAMES)
        calm = template.render([user("a")], ask=True, control=CONTROL, variables=NAMES)
        assert [opened(prompt, token) for token in CONTROL] == [opened(calm, token) for token in CONTROL]
        assert all(0 <= start < stop <= len(prompt.text) for start, stop in prompt.open)
        assert list(prompt.open) == sorted(prompt.open)


@given(text=st.text(alphabet="<s>|/ \n\tab", max_size=30))
def test_marks_leave_no_trace(text: str) -> None:
    marks = Marks(CONTROL)
    written = marks.write(text)
    assert written.strip() == written[len(text) - len(text.lstrip()) :].rstrip()  # trimming works as without marks
    prompt = marks.read(written)
    assert prompt.text == text
    assert not any(opened(prompt, token) for token in CONTROL)
    if text.strip():
        assert marks.read("<s>" + written + "</s>").open[0] == (0, 3 + len(text) - len(text.lstrip()))


def test_overlapping_spellings_are_all_barred() -> None:
    prompt = (marks := Marks(["<a>", "><b", "b"])).read(marks.write("x<a><b> <A> y"))
    assert prompt.text == "x<a><b> <A> y"
    assert [prompt.text[slice(*span)] for span in prompt.open] == ["x", "<", "> ", " y"]


def test_templates_that_look_into_texts_see_them_as_they_are(reference: Callable[[str, Any], str]) -> None:
    source = (
        "{% for m in messages %}{% if m.content.startswith('/quiet') %}QUIET{% endif %}"
        "{% if m.content.endswith('!') %}LOUD{% endif %}{{ m.content | length }}{{ m.content }}<s>{% endfor %}"
    )
    for text, own in (("/quiet please!", 1), ("/quiet <s> please!", 1)):
        prompt = ChatTemplate(source).render([user(text)], ask=True, control=CONTROL)
        assert opened(prompt, "<s>") == own
        if "<s>" not in text:
            assert prompt.text == reference(source, [{"role": "user", "content": text}])
            assert prompt.open == ((0, len(prompt.text)),)


def test_texts_that_cannot_be_rendered() -> None:
    template = ChatTemplate(STRINGS["plain"], limits=TemplateLimits(output=100))
    with pytest.raises(UnreadableMedia, match="half a character"):
        template.render([user("a\udcff")], ask=True)
    with pytest.raises(LimitExceeded, match="talk: 101 characters of text; a chat template takes at most 100"):
        template.render([user("a" * 101)], ask=True)
    with pytest.raises(InputError, match="refuses this talk: no"):
        ChatTemplate(PARTS["strict"]).render([user("a"), SYSTEM], ask=True, variables=NAMES)


def test_templates_get_plain_data_alone() -> None:
    template = ChatTemplate("{{ options.a[0] }}{{ flag }}{{ none_ is none }}")
    prompt = template.render([user("a")], ask=True, variables={"options": {"a": [1.5]}, "flag": True, "none_": None})
    assert prompt.text == "1.5TrueTrue"
    for thing in (Path(), {"a": {1}}, [object()], np.float64(1.0)):
        with pytest.raises(ConfigError, match=r"got a variable of type \w+; expected text"):
            template.render([user("a")], ask=True, variables={"options": thing})


# The files


def write(folder: Path, name: str, content: object) -> Path:
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("chat_template.jinja", "hello"),
        ("chat_template.json", {"chat_template": "hello"}),
        ("processor_config.json", {"chat_template": "hello"}),
        ("tokenizer_config.json", {"chat_template": "hello"}),
        (
            "tokenizer_config.json",
            {"chat_template": [{"name": "x"}, {"name": "default", "template": "hello"}]},
        ),
        ("tokenizer_config.json", {"chat_template": {"default": "hello", "x": "no"}}),
    ],
)
def test_where_templates_lie(tmp_path: Path, name: str, content: object) -> None:
    assert ChatTemplate.from_folder(write(tmp_path, name, content)).source == "hello"
    with pytest.raises(CheckpointError, match="there is no chat template 'tool_use'"):
        ChatTemplate.from_folder(tmp_path, name="tool_use")


def test_newer_places_come_first_and_others_have_names(tmp_path: Path) -> None:
    for name in ("tokenizer_config.json", "processor_config.json", "chat_template.json", "chat_template.jinja"):
        write(tmp_path, name, name if name.endswith("jinja") else {"chat_template": name})
        assert ChatTemplate.from_folder(tmp_path).source == name
    write(tmp_path, "chat_templates/tool_use.jinja", "tools")
    assert ChatTemplate.from_folder(tmp_path, name="tool_use").source == "tools"


def test_templates_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="there is no chat template 'default'; expected"):
        ChatTemplate.from_folder(write(tmp_path, "tokenizer_config.json", {"chat_template": None}))
    with pytest.raises(CheckpointError, match=r"tokenizer_config\.json: not a readable JSON"):
        ChatTemplate.from_folder(write(tmp_path, "tokenizer_config.json", "{"))
    with pytest.raises(CheckpointError, match=r"chat_template\.jinja: over 262144 characters"):
        ChatTemplate.from_folder(write(tmp_path, "chat_template.jinja", "a" * 300_000))
    (tmp_path / "chat_template.jinja").write_bytes(b"\xff")
    with pytest.raises(CheckpointError, match=r"chat_template\.jinja: not a readable template"):
        ChatTemplate.from_folder(tmp_path)
