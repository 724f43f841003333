"""The page has every figure, and shows what models are called as it is."""

from pathlib import Path

from sensorium.space.report.findings import Findings
from sensorium.space.report.material import Embeds, place_all
from sensorium.space.report.measure import measure
from sensorium.space.report.page import markdown, page


def test_markdown_and_html_have_all_tables(known: Embeds) -> None:
    placed = place_all(known, Path(), count=20, report=lambda _: None)
    found = measure(placed, known, lambda modality: 20.0)
    text = markdown(found, "places.png")
    titles = ("Chosen without training", "Found", "Altered words", "How the modalities lie", "How they fill the sphere")
    assert [title for title in titles if f"## {title}\n" not in text] == []
    assert "| digits | text | 20 image | 20 | 1.000 (0.250) |" in text
    assert "![PCA and t-SNE of places](places.png)" in text
    drawn = page(found, b"png")
    assert [title for title in titles if f"<h2>{title}</h2>" not in drawn] == []
    assert "data:image/png;base64,cG5n" in drawn


def test_what_was_not_measured_is_left_out_and_names_are_no_html() -> None:
    empty = Findings("<script>", 8, (), (), (), (), {})
    assert "##" not in markdown(empty, "")
    assert "<script>" not in page(empty, b"")
