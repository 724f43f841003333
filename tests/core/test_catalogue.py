import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from sensorium.core.catalogue import Catalogue, Entry
from sensorium.core.errors import ConfigError, UsageError


def catalogue(*entries: Entry) -> Catalogue[Callable[[float], float]]:
    return Catalogue("function", entries)


ROOT = Entry("root", "math:sqrt", "The square root.")


def test_names_keep_their_order_and_entries_come_by_name() -> None:
    both = catalogue(ROOT, Entry("abs", "math:fabs", "Without sign.", modalities=("text",)))
    assert both.names() == ("root", "abs")
    assert both.get("abs").modalities == ("text",)


def test_resolve_gives_the_target() -> None:
    assert catalogue(ROOT).resolve("root")(9.0) == 3.0


def test_nothing_is_imported_before_resolve(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "lazy_target.py").write_text("thing = 7\n")
    monkeypatch.syspath_prepend(tmp_path)
    things: Catalogue[int] = Catalogue("thing", (Entry("thing", "lazy_target:thing", "Seven."),))
    things.get("thing")
    assert "lazy_target" not in sys.modules
    assert things.resolve("thing") == 7
    assert sys.modules.pop("lazy_target")


def test_an_unknown_name_lists_close_ones() -> None:
    with pytest.raises(UsageError, match=r"no function named 'rot'; there are: root\. Did you mean 'root'\?"):
        catalogue(ROOT).resolve("rot")


def test_an_empty_catalogue_says_so() -> None:
    with pytest.raises(UsageError, match="there are: none"):
        catalogue().get("root")


def test_duplicates_raise() -> None:
    with pytest.raises(ConfigError, match="more than one entry named 'root'"):
        catalogue(ROOT, ROOT)


@pytest.mark.parametrize("target", ["math", "math:", ":sqrt", "math:a.b"])
def test_a_target_needs_module_and_attribute(target: str) -> None:
    with pytest.raises(ConfigError, match="expected 'module:attribute'"):
        Entry("root", target, "")


def test_a_target_that_is_not_there_is_named() -> None:
    with pytest.raises(ConfigError, match="'math:nothing', but that module has no 'nothing'"):
        catalogue(Entry("root", "math:nothing", "")).resolve("root")
