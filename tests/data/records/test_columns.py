"""Names of columns, told by the user or by LLaMA-Factory's list."""

import json
from pathlib import Path

import pytest

from sensorium.core.errors import ConfigError
from sensorium.data.records.columns import check_columns, listed_columns, renamed


def test_values_get_our_names() -> None:
    assert renamed({"talk": 1, "x": 2}, {"messages": "talk"}) == {"messages": 1, "x": 2}


def test_a_name_that_is_none_of_ours() -> None:
    with pytest.raises(
        ConfigError, match=r"there is no 'mesages'; expected some of: messages.*Did you mean 'messages'"
    ):
        check_columns({"mesages": "talk"})


def test_the_list_beside_the_file(tmp_path: Path) -> None:
    entry = {
        "file_name": "a.json",
        "formatting": "sharegpt",
        "columns": {"messages": "talk", "images": "pictures", "ranking": "x"},
        "tags": {"role_tag": "speaker", "content_tag": "said", "user_tag": "human"},
    }
    (tmp_path / "dataset_info.json").write_text(json.dumps({"other": {"hf_hub_url": "a/b"}, "mine": entry}))
    expected = {"messages": "talk", "images": "pictures", "role": "speaker", "content": "said"}
    assert listed_columns(tmp_path / "a.json") == expected
    assert listed_columns(tmp_path / "b.json") == {}
    (tmp_path / "dataset_info.json").write_text("{")
    with pytest.raises(ConfigError, match="not a readable list of data sets"):
        listed_columns(tmp_path / "a.json")
