"""How sure a mean of scores is."""

import math
from collections.abc import Sequence


def interval(scores: Sequence[float]) -> tuple[float, float]:
    """95 % interval of a mean of at least one score in 0..1 (Wilson's: stays inside 0..1 and is fair at the ends).

    Made for scores of 0 and 1. Scores between, such as shares of characters, vary less than those of the same mean, so
    that for them the interval is too wide, never too narrow.
    """
    count, z = len(scores), 1.96
    mean = sum(scores) / count
    middle = (mean + z * z / (2 * count)) / (1 + z * z / count)
    half = z * math.sqrt(mean * (1 - mean) / count + z * z / (4 * count * count)) / (1 + z * z / count)
    return max(0.0, middle - half), min(1.0, middle + half)
