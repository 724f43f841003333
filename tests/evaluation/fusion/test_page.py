"""The report: numbers stand in it, of the right fusion and condition; the page needs nothing else."""

import re
from html import unescape

from sensorium.evaluation.fusion.damage import DAMAGES
from sensorium.evaluation.fusion.page import Drawing, Piece, as_html, as_markdown, summary, tables
from sensorium.evaluation.fusion.result import Comparison, Measured, Run, Tally
from sensorium.evaluation.fusion.settings import Settings
from sensorium.evaluation.fusion.task import KINDS, TASKS

CONDITIONS = ("whole", *(f"{modality} {damage}" for modality in TASKS["sound"].modalities for damage in DAMAGES))


def made(fusion: str, seed: int, right: int, weights: dict[str, float] | None) -> Run:
    answers: dict[str, Tally] = {kind: Tally(right, 100) for kind in KINDS}
    conditions = {name: Measured(answers, weights) for name in CONDITIONS}
    conditions["image blank"] = Measured(
        {kind: Tally(10, 100) for kind in KINDS}, weights and {"image": 0.1, "audio": 0.9}
    )
    return Run(fusion, seed, 1234, 30.0 + seed, 5.0, conditions, ())


FOUND = Comparison(
    Settings(seeds=2),
    "a <machine>",
    (
        made("early", 1, 80, None),
        made("gated", 1, 90, {"image": 0.6, "audio": 0.4}),
        made("early", 2, 60, None),
        made("gated", 2, 90, {"image": 0.4, "audio": 0.6}),
    ),
)


def test_the_summary_has_means_over_the_seeds() -> None:
    early, gated = summary(FOUND).rows
    assert early[:2] == ("early", "1,234")
    assert early[2].startswith("0.70 (")
    assert early[-2:] == ("31.5", "5.0")
    assert gated[2].startswith("0.90 (")


def test_a_damaged_medium_shows_in_answers_and_weights() -> None:
    _, *damage, weights = tables(FOUND)
    for table in damage:
        assert table.head == ("fusion", *CONDITIONS)
        assert table.rows[1][table.head.index("image blank")].startswith("0.10 (")
    assert weights.rows == (("gated", "image", "0.50", "0.50", "0.10", "0.50"), ("gated", "audio", *["0.50"] * 4))


def test_both_forms_have_all_of_it() -> None:
    pieces: list[Piece] = [*tables(FOUND), Drawing("Learning", "curves.png", b"png")]
    text, page = as_markdown(FOUND, pieces), as_html(FOUND, pieces)
    assert "![Learning](curves.png)" in text
    assert 'src="data:image/png;base64,cG5n"' in page
    assert "a <machine>" not in page
    plain = unescape(re.sub(r"<[^>]+>", "|", page))
    for table in tables(FOUND):
        for cell in (table.about, *(cell for row in table.rows for cell in row)):
            assert cell in text
            assert cell in plain
    assert "sensorium fusion compare --steps 900 --seeds 2" in text
