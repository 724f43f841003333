"""`compose` and `export`: folders are written, paths told, and what cannot be is one line."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.models.text.folders import write

Run = Callable[..., Any]
EXAMPLE = str(Path(__file__).parents[2] / "examples" / "composed.yaml")

LLAVA = """
encoders: {{image: {{kind: clip, layer: -2, sizes: {{hidden_size: 8, intermediate_size: 8, num_hidden_layers: 2,
                     num_attention_heads: 2, image_size: 32, patch_size: 16}}}}}}
language: {{checkpoint: {language}}}
inputs: {{max_tokens: 64}}
"""


@pytest.fixture
def llava(tmp_path: Path) -> str:
    (tmp_path / "language").mkdir()
    language = write(tmp_path / "language", "smollm2")
    (tmp_path / "llava.yaml").write_text(LLAVA.format(language=language))
    return str(tmp_path / "llava.yaml")


def test_what_is_composed_is_asked_and_says_how_much_each_modality_counted(
    run: Run, tmp_path: Path, picture: str
) -> None:
    out = str(tmp_path / "mine")
    done = run("compose", EXAMPLE, "-o", out)
    assert (done.code, done.out) == (0, f"{out}\n")
    told = json.loads(run("ask", "--model", out, "--json", "--max-tokens", "2", picture, "What is this?").out)
    assert told["modality_weights"] == {"image": 1.0, "audio": 0.0}


def test_the_seed_makes_the_weights(run: Run, tmp_path: Path) -> None:
    folders = [tmp_path / name for name in "abc"]
    for folder, seed in zip(folders, (1, 1, 2), strict=True):
        run("compose", EXAMPLE, "-o", str(folder), "--seed", str(seed))
    one, same, other = ((folder / "model.safetensors").read_bytes() for folder in folders)
    assert one == same
    assert one != other


def test_a_llava_is_exported_and_asked(run: Run, tmp_path: Path, llava: str, picture: str) -> None:
    mine, out = str(tmp_path / "mine"), str(tmp_path / "out")
    assert run("compose", llava, "-o", mine).code == 0
    done = run("export", mine, "-o", out)
    assert (done.code, done.out) == (0, f"{out}\n")
    assert json.loads((tmp_path / "out" / "config.json").read_text())["model_type"] == "llava"
    asked = [run("ask", "--model", model, "--max-tokens", "5", picture, "What is this?").out for model in (mine, out)]
    assert asked[0] == asked[1]


def test_what_cannot_be_is_one_line(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    mine = str(tmp_path / "mine")
    run("compose", EXAMPLE, "-o", mine)
    for arguments, code, message in (
        (("compose", str(file), "-o", mine), 2, "expected a table of keys"),
        (("compose", EXAMPLE, "-o", str(file / "x")), 2, "expected to write the model there"),
        (("export", mine, "-o", str(tmp_path / "out")), 2, "from which it differs: it has an encoder of audio"),
        (("export", mine, "-o", mine), 2, "the model itself; expected another folder"),
        (("export", str(file), "-o", mine), 4, "there is no manifest.json"),
    ):
        done = run(*arguments)
        assert (done.code, done.out, done.err.count("\n")) == (code, "", 1)
        assert message in done.err
