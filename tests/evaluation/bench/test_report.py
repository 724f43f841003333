"""Rows, shares, Markdown, JSON and a drawing of figures made by hand."""

import json
from pathlib import Path

import pytest

from sensorium.evaluation.bench.limits import Machine
from sensorium.evaluation.bench.measure import Questions, Streams, Told
from sensorium.evaluation.bench.report import as_dict, as_markdown, write
from sensorium.evaluation.bench.result import (
    Answering,
    Bench,
    Decoding,
    Memory,
    answering_figures,
    decoding_figure,
    growth_figures,
    memory_figure,
)

MACHINE = Machine("a processor", 2, 50e9, {"bf16": 400e9})
GROWN = (Told(128, 0.1, 0.01), Told(512, 0.2, 0.011), Told(1024, 0.6, 0.015))


def made() -> Bench:
    answered = Answering(
        Questions(140, 1.0, 0.05), "bf16", int(200e9), 250_000_000, Streams(1, 40.0, 100.0), Streams(8, 60.0, 300.0)
    )
    figures = [
        decoding_figure(Decoding("bf16", Told(128, 0.1, 0.01), 250_000_000), MACHINE),
        *answering_figures(answered, MACHINE, 64),
        *growth_figures(GROWN),
        memory_figure(Memory(200_000_000, 1_000_000_000, 450_000_000, 50_000_000)),
    ]
    return Bench("a model", MACHINE, tuple(figures), GROWN)


def test_shares_are_of_what_the_machine_allows() -> None:
    shares = {each.what: each.share for each in made().figures if each.share is not None}
    assert shares == {
        "decode, one stream, bf16": pytest.approx(0.5),  # 100 of 200 tokens a second
        "a picture and words (140 tokens), to the first token": pytest.approx(0.5),  # 0.5 s of 1 s
        "a picture and 64 tokens, one stream": pytest.approx(40 / (64 / (0.5 + 0.32))),  # 200 tokens/s behind 0.5 s
        "the same, 8 at once": pytest.approx(60 / (512 / (4.0 + 0.32))),
        "peak memory": pytest.approx(0.5),
    }


def test_gains_and_growth_are_told() -> None:
    notes = {each.what: (round(each.value, 6), each.note) for each in made().figures}
    assert notes["a second question about it, to the first token"] == (0.05, "20.0 times faster")
    assert notes["the same, 8 at once"] == (60.0, "1.50 times one")
    assert notes["8 at once, while all decode"] == (300.0, "3.00 times one")
    assert notes["a prompt's token among 1024"] == (1.5, "its cost among 512; 0.60 s in all")
    assert notes["a step behind 1024 tokens"] == (1.5, "its cost behind 128; 15.0 ms")
    assert growth_figures(GROWN[:1]) == []


def test_a_model_that_takes_no_pictures_has_no_rows_for_them() -> None:
    answered = Answering(None, "fp32", 1, 1, Streams(1, 40.0, 0.0), Streams(8, 60.0, 0.0))
    assert [each.what for each in answering_figures(answered, MACHINE, 64)] == [
        "words and 64 tokens, one stream",
        "the same, 8 at once",
        "8 at once, while all decode",
    ]


def test_markdown() -> None:
    head, _, *rows = as_markdown(made()).splitlines()
    assert head.startswith("a model on a processor, 2 threads. It reads 50.0 GB/s; ")
    assert "| decode, one stream, bf16 | 100.0 tokens/s | 200.0 tokens/s | 50% | 250 MB a token |" in rows


def test_files(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    write(tmp_path / "new", made())
    assert json.loads((tmp_path / "new" / "bench.json").read_bytes()) == json.loads(json.dumps(as_dict(made())))
    assert (tmp_path / "new" / "bench.md").read_text() == as_markdown(made())
    assert (tmp_path / "new" / "bench.png").read_bytes().startswith(b"\x89PNG")
