"""What is refused costs only itself."""

from collections.abc import Sequence

import numpy as np

from sensorium.core.errors import InputError, UnsupportedMedia
from sensorium.runtime.partly import partly
from sensorium.runtime.protocol import Rows


def test_each_gets_its_place_or_its_reason() -> None:
    calls = 0

    def embed(items: Sequence[int]) -> Rows:
        nonlocal calls
        calls += 1
        if any(each < 0 for each in items):
            raise UnsupportedMedia(f"{min(items)} is below 0. Give another.")
        return np.array([[each, 1] for each in items], np.float32)

    found = partly(embed, [*range(8), -1, *range(7)])
    assert [each[0] for each in found if not isinstance(each, InputError)] == [*range(8), *range(7)]
    assert str(found[8]) == "-1 is below 0. Give another."
    assert calls == 9  # 16, then 8 and 8, 4 and 4, 2 and 2, 1 and 1
    assert partly(embed, []) == []
