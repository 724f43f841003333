"""What people think of answers is a file that `sensorium train` (stage prefer) reads."""

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image as Pillow

from sensorium.data.mixture import Share
from sensorium.data.records.skipped import Skipped
from sensorium.serving.studio.book import Opinion
from sensorium.serving.studio.pairs import pairs, size
from sensorium.training.pairs import pair_domain


def asked(text: str) -> list[Any]:
    return [
        {"role": "user", "parts": [{"kind": "image", "id": "m1", "name": "a.png"}, {"kind": "text", "text": text}]},
    ]


def picture(talk: str, medium: str) -> tuple[str, bytes]:
    assert (talk, medium) == ("talk-one", "m1")
    file = io.BytesIO()
    Pillow.new("RGB", (8, 6), (255, 0, 0)).save(file, "PNG")
    return "image/png", file.getvalue()


def test_corrections_are_learnt_from(tmp_path: Path) -> None:
    path = tmp_path / "pairs.jsonl"
    opinions = [Opinion("talk-one", asked("Which?"), "blue", False, "red")]
    path.write_bytes(b"".join(pairs(opinions, picture)))
    pair = pair_domain("mine", Share(file=str(path)), Skipped()).train(np.random.default_rng(0))
    question, better = pair.messages()
    assert (question.text, better.text, pair.worse()[-1].text) == ("Which?", "red", "blue")
    (image,) = question.media
    assert image.modality == "image"
    assert image.pixels.shape == (6, 8, 3)


def test_of_two_answers_the_liked_one_is_better() -> None:
    opinions = [
        Opinion("talk-one", asked("Which?"), "blue", False, ""),
        Opinion("talk-one", asked("Which?"), "red", True, ""),
        Opinion("talk-one", asked("What?"), "green", True, ""),
    ]
    (line,) = pairs(opinions, picture)
    assert b'"content":"red"}],"rejected"' in line
    assert size(opinions) == 1


def test_words_of_a_document_stand_as_they_were_asked() -> None:
    turns = [{"role": "user", "parts": [{"kind": "document", "id": "m1", "name": "a.pdf", "page": 2}]}]
    (line,) = pairs([Opinion("talk-one", turns, "blue", False, "red")], lambda *_: ("text/plain", b"Some words."))
    (part,) = json.loads(line)["chosen"][0]["content"]
    assert part == {"type": "text", "text": "[a.pdf, page 2]\nSome words.\n"}


def test_an_opinion_alone_is_no_pair() -> None:
    assert size([Opinion("talk-one", asked("Which?"), "blue", False, "")]) == 0
