"""Addresses, and a server that is not there."""

from pathlib import Path

import pytest

from sensorium.core.errors import UsageError
from sensorium.space.index.postgres_schema import connect, shown


def test_passwords_are_not_shown() -> None:
    assert shown("postgresql://me:secret@host:5432/base?password=secret") == "postgresql://me@host:5432/base"
    assert shown("postgresql:///base") == "postgresql:///base"


def test_a_server_that_is_not_there(tmp_path: Path) -> None:
    pytest.importorskip("psycopg")
    with pytest.raises(UsageError, match=r"postgresql://me@/base: cannot be reached .* expected a PostgreSQL server"):
        connect(f"postgresql://me:secret@/base?host={tmp_path}", write=False)
