"""Every domain has one name and is made without reading anything."""

from pathlib import Path

import pytest

from sensorium.core.errors import UsageError
from sensorium.data.catalog import SYNTHETIC, domain, domains


def test_names_are_those_of_the_domains() -> None:
    for name in (*SYNTHETIC.names(), "mnist", "pairs"):
        assert domain(name, Path("nowhere")).name == name


def test_making_the_list_touches_no_file(tmp_path: Path) -> None:
    makers = domains(tmp_path / "nowhere")
    assert set(SYNTHETIC.names()) < set(makers)
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_name_lists_the_known_and_the_near() -> None:
    with pytest.raises(UsageError, match=r"no domain named 'scene'; there are: .*tones.*Did you mean 'scenes'"):
        domain("scene", Path("nowhere"))
