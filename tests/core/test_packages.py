import sys
from pathlib import Path

import pytest

from sensorium.core.errors import MissingPackage
from sensorium.core.packages import require


def test_an_installed_package_is_returned() -> None:
    assert require("json", "train") is sys.modules["json"]


def test_a_missing_package_names_itself_and_its_extra() -> None:
    with pytest.raises(MissingPackage, match=r"'no_such_package'.*pip install 'sensorium\[train\]'") as caught:
        require("no_such_package", "train")
    assert isinstance(caught.value.__cause__, ModuleNotFoundError)


def test_a_package_whose_own_dependency_is_missing_says_which(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "half_installed.py").write_text("import no_such_dependency\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(MissingPackage, match=r"'half_installed'.*No module named 'no_such_dependency'"):
        require("half_installed", "train")
