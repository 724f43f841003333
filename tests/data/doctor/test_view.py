"""A record as a model sees it: tokens of the talk, loss on the answers alone, pictures at the model's size."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.data.pictures import scene

from sensorium.chat.message import Message
from sensorium.core.errors import UnreadableMedia
from sensorium.data.doctor.lens import Lens
from sensorium.data.doctor.page import as_html, as_text
from sensorium.data.doctor.view import View, view
from sensorium.data.records.source import Records
from sensorium.inputs.batching import Talk
from sensorium.models.samples import FOLDER

Make = Callable[..., Records]


def seen(make: Make, lens: Lens, file: str, answer: str = "a boot") -> View:
    return view(make([(file, "What is this?", answer)]), 0, lens)


def said(shown: View, *, learnt: bool) -> str:
    return "".join(token.text * token.times for token in shown.tokens if token.learnt == learnt and not token.special)


def test_loss_is_on_the_answer(make: Make, lens: Lens, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(scene(1))
    shown = seen(make, lens, "a.png", "三个 boots")
    assert (said(shown, learnt=False), said(shown, learnt=True)) == ("What is this?", "三个 boots")
    assert sum(token.times for token in shown.tokens) == shown.count
    assert [token.text for token in shown.tokens if token.special and token.learnt] == ["<|end|>"]
    (medium,) = shown.media
    assert [picture.shape for picture in medium.pictures] == [(48, 80, 3)]
    assert (medium.rows, medium.source, shown.limit) == (15, "a.png", 256)
    assert ("<|image|>", 15) in [(token.text, token.times) for token in shown.tokens]


class Unweighted:
    """An assembler that says nothing of loss, as those of open checkpoints."""

    def __init__(self, lens: Lens) -> None:
        self._inner = lens.assembler

    def talk(self, messages: Sequence[Message], *, ask: bool) -> Talk:
        return replace(self._inner.talk(messages, ask=ask), weights=[])


def test_loss_is_found_without_weights(make: Make, lens: Lens, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(scene(1))
    weighted = seen(make, lens, "a.png")
    assert seen(make, replace(lens, assembler=Unweighted(lens)), "a.png").tokens == weighted.tokens


@pytest.mark.parametrize("name", ["seven.wav", "moving.mp4"])
def test_sounds_and_films_are_pictures_too(make: Make, lens: Lens, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes((FOLDER / name).read_bytes())
    records = make([(name, "What?", "a")])
    tag = "audio" if name.endswith("wav") else "video"
    text = records.path.read_text().replace("<image>", f"<{tag}>").replace('"images"', f'"{tag}s"')
    records.path.write_text(text)
    (medium, *_) = view(records, 0, lens).media
    assert medium.modality == tag
    assert len(medium.pictures) == (1 if tag == "audio" else 4)
    assert all(np.ptp(picture) > 100 for picture in medium.pictures)


def test_a_record_that_cannot_be_trained_on(make: Make, lens: Lens) -> None:
    with pytest.raises(UnreadableMedia, match=r"message 2, an answer, is empty; expected a record to train on\. Write"):
        seen(make, lens, "a.png", "")


def test_text_and_page(make: Make, lens: Lens, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(scene(1))
    shown = seen(make, lens, "a.png", "<b>boot")
    text, page = as_text(shown), as_html(shown)
    assert f"as tiny sees it: {shown.count} tokens of at most 256, {shown.learnt} of them with loss" in text
    assert "image a.png: 80x48, 15 rows" in text
    assert text.count("«") == text.count("»") == 1
    assert text.partition("«")[2].replace("|", "") == "<b>boot<end>»"
    assert "<b>boot" not in page
    assert page.count('<img src="data:image/png;base64,') == 1
    assert 'class="learnt special">&lt;|end|&gt;' in page
