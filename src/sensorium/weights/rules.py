"""One line of a key map: how a tensor of ours stands in a checkpoint of theirs. Both directions follow from it.

"{}" in a name is a number, usually of a layer; a name of ours has as many as those of theirs.

    rename      as it is
    join        theirs lie one below the other in ours (q, k, v); `sizes` rows each, equal parts without; "" instead of
                a name is a part that they do not have (the bias of Whisper's keys): zeros when read, not written
    rows        ours is rows sizes[0] up to sizes[1] of theirs, which has sizes[2]: the way back of `join`
    transpose   the last two axes change places
    reshape     the same numbers in another shape; `sizes` is theirs
"""

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import accumulate, pairwise
from typing import Literal

from torch import Tensor

from sensorium.core.errors import CheckpointError, ConfigError

Op = Literal["rename", "join", "rows", "transpose", "reshape"]


@dataclass(frozen=True)
class Rule:
    """A tensor of ours and what it is made of; the module's docstring lists the operations.

    Raises: ConfigError when the line contradicts itself.
    """

    theirs: tuple[str, ...]
    ours: str
    op: Op = "rename"
    sizes: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if wrong := self._contradiction():
            raise ConfigError(f"key map: the rule for '{self.ours}' {wrong}. Correct the rule.")

    def _contradiction(self) -> str:
        named = [name for name in self.theirs if name]
        if not named or (len(self.theirs) > 1 and self.op != "join"):
            return f"has {len(self.theirs)} names of theirs; expected one, or several with 'join'"
        if any(name.count("{}") != self.ours.count("{}") for name in named):
            return f"has not as many '{{}}' as {', '.join(named)}"
        if self.op == "join" and self.sizes and len(self.sizes) != len(self.theirs):
            return f"joins {len(self.theirs)} parts but has {len(self.sizes)} sizes; expected one each, or none"
        if self.op == "rows" and not (len(self.sizes) == 3 and 0 <= self.sizes[0] < self.sizes[1] <= self.sizes[2]):
            return f"takes rows {list(self.sizes)}; expected the first, the one after the last and their number"
        if self.op == "reshape" and not self.sizes:
            return "reshapes without sizes; expected the shape of theirs"
        return ""

    def misfit(self, shape: tuple[int, ...]) -> str:
        """What is wrong with a tensor of ours of this shape, or ""."""
        rows = shape[0] if shape else 0
        match self.op:
            case "join":
                fits = bool(shape) and rows == (sum(self.sizes) or rows - rows % len(self.theirs))
            case "rows":
                fits = rows == self.sizes[1] - self.sizes[0]
            case "transpose":
                fits = len(shape) > 1
            case "reshape":
                fits = math.prod(shape) == math.prod(self.sizes)
            case _:
                fits = True
        return "" if fits else f"shape {list(shape)} does not suit '{self.op}' with sizes {list(self.sizes)}"

    def theirs_of(self, ours: Tensor) -> tuple[Tensor, ...]:
        """Views of our tensor in the shapes of theirs, one for each name; writing into them is reading a checkpoint.

        Raises: CheckpointError when our tensor cannot be cut so.
        """
        if wrong := self.misfit(tuple(ours.shape)):
            raise CheckpointError(f"key map: {self.ours}: {wrong}. Make model and key map from the same config.")
        match self.op:
            case "join":
                return ours.split(self.sizes or (len(ours) // len(self.theirs),) * len(self.theirs))
            case "transpose":
                return (ours.transpose(-1, -2),)
            case "reshape":
                return (ours.reshape(self.sizes),)
            case _:
                return (ours,)

    def under(self, *, theirs: str, ours: str) -> "Rule":
        """The same rule with prefixes before the names of both sides."""
        names = tuple(name and theirs + name for name in self.theirs)
        return replace(self, theirs=names, ours=ours + self.ours)


def rename(theirs: str, ours: str) -> Rule:
    """Their tensor as it is, under our name."""
    return Rule((theirs,), ours)


def affine(theirs: str, ours: str, *, bias: bool = True) -> tuple[Rule, ...]:
    """Weight and, if there is one, bias of a linear layer, norm or convolution."""
    return tuple(rename(f"{theirs}.{leaf}", f"{ours}.{leaf}") for leaf in ("weight", "bias")[: 1 + bias])


def join(*theirs: str, ours: str, sizes: tuple[int, ...] = ()) -> Rule:
    """Several of theirs, one below the other; "" for a part that they do not have."""
    return Rule(theirs, ours, "join", sizes)


def split(theirs: str, *ours: str, sizes: tuple[int, ...]) -> tuple[Rule, ...]:
    """One of theirs that is several of ours, `sizes` rows each.

    Raises: ConfigError when there are not as many sizes as names.
    """
    if len(sizes) != len(ours):
        raise ConfigError(
            f"key map: '{theirs}' is split into {len(ours)} names but {len(sizes)} sizes; expected one size for each "
            "name. Correct the rule."
        )
    edges = pairwise(accumulate(sizes, initial=0))
    return tuple(Rule((theirs,), name, "rows", (*edge, sum(sizes))) for name, edge in zip(ours, edges, strict=True))


def transpose(theirs: str, ours: str) -> Rule:
    """Their matrix with rows and columns changed."""
    return Rule((theirs,), ours, "transpose")


def reshape(theirs: str, ours: str, shape: tuple[int, ...]) -> Rule:
    """The same numbers, in theirs in this shape."""
    return Rule((theirs,), ours, "reshape", shape)


def layers(theirs: str, ours: str, *rules: Rule | Iterable[Rule]) -> tuple[Rule, ...]:
    """The same rules in every layer: `layers("encoder.layers.{}.", "blocks.{}.", rename(...), *affine(...))`."""
    flat = (each for rule in rules for each in ((rule,) if isinstance(rule, Rule) else rule))
    return tuple(each.under(theirs=theirs, ours=ours) for each in flat)


def fill(template: str, numbers: tuple[str, ...]) -> str:
    """A template with its numbers."""
    parts = template.split("{}")
    return parts[0] + "".join(number + part for number, part in zip(numbers, parts[1:], strict=True))


def numbers_in(template: str, name: str) -> tuple[str, ...] | None:
    """The numbers that make the template this name; None when it is another."""
    if not name.endswith(template.rpartition("{}")[2]):  # tells most apart, and costs less
        return None
    found = _pattern(template).fullmatch(name)
    return found.groups() if found else None


@lru_cache(maxsize=4096)
def _pattern(template: str) -> re.Pattern[str]:
    return re.compile(r"(\d+)".join(re.escape(part) for part in template.split("{}")))
