"""Places of many items of which some may be refused: each such item costs only itself."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from sensorium.core.errors import InputError
from sensorium.runtime.protocol import Rows

T = TypeVar("T")


def partly(embed: Callable[[Sequence[T]], Rows], items: Sequence[T]) -> list[Rows | InputError]:
    """The place [D] of each item, or the reason why there is none.

    All are embedded at once; where that is refused, each half for itself, so a few bad ones among many cost little.
    """
    if not items:
        return []
    try:
        return list(embed(items))
    except InputError as error:
        if len(items) == 1:
            return [error]
    half = len(items) // 2
    return [*partly(embed, items[:half]), *partly(embed, items[half:])]
