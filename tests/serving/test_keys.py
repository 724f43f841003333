"""Keys are kept as hashes, and every key has measures of its own."""

import hashlib

import pytest

from sensorium.core.errors import UsageError
from sensorium.serving.faults import Refusal
from sensorium.serving.keys import Keys
from sensorium.serving.limits import ServerLimits

LIMITS = ServerLimits()


def test_keys_open_and_nothing_else_does() -> None:
    hashed = "sha256:" + hashlib.sha256(b"another-key").hexdigest()
    keys = Keys(["first-key", hashed], LIMITS)
    assert keys
    assert len({keys.holder("first-key").name, keys.holder("another-key").name}) == 2
    for wrong in (None, "", "first-ke", "first-key ", hashed, "ké\ud800"):
        with pytest.raises(Refusal) as caught:
            keys.holder(wrong)
        assert caught.value.kind == "unauthorised"
    assert "first-key" not in str(vars(keys))


def test_without_keys_all_are_one() -> None:
    keys = Keys([], LIMITS)
    assert not keys
    assert keys.holder(None) is keys.holder("anything")


@pytest.mark.parametrize("key", ["", "short", " padded-key", "sha256:12"])
def test_weak_keys_are_refused(key: str) -> None:
    if key == "sha256:12":
        assert Keys([key], LIMITS).holder(key)  # no hash, so a key like any other
        return
    with pytest.raises(UsageError, match="--api-key"):
        Keys([key], LIMITS)


def test_requests_at_once_are_counted() -> None:
    holder = Keys(["first-key"], ServerLimits(at_once=2)).holder("first-key")
    with holder.admitted(), holder.admitted():
        with pytest.raises(Refusal) as caught, holder.admitted():
            pass
        assert caught.value.kind == "busy"
    with holder.admitted():
        pass
