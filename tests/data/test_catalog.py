"""Every domain has one name and is made without reading anything."""

from pathlib import Path

import pytest

from sensorium.core.errors import ConfigError, UsageError
from sensorium.data.catalog import SYNTHETIC, domain, domains, file_domain
from sensorium.data.mixture import Share
from sensorium.data.records.skipped import Skipped


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


def test_a_file_is_a_domain(tmp_path: Path) -> None:
    row = '{"instruction": "Hi %d?", "output": "Hello"}\n'
    (tmp_path / "a.jsonl").write_text("".join(row % number for number in range(9)))
    made = file_domain("talks", Share(file=str(tmp_path / "a.jsonl"), validation=0.0), Skipped())
    assert (made.name, made.validation_size) == ("talks", 0)
    with pytest.raises(ConfigError, match=r"talks: names no file of records\. Write: talks: { file: data\.json }"):
        file_domain("talks", Share(), Skipped())
