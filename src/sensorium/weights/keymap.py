"""Names of a checkpoint to names of ours and back, as data: a table of rules that knows no model.

Nothing is guessed. Every name of the source is used or listed as dropped, every tensor of ours is filled; whatever is
left over on either side is an error that names it.

Two rules may fill one tensor of ours: other spellings of the same thing, or a tied pair such as embedding and head.
Where both are there, they must hold the same numbers; the first is the one that is written.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache

import torch
from torch import Tensor

from sensorium.core.errors import CheckpointError
from sensorium.weights.faults import summary
from sensorium.weights.rules import Rule, affine, fill, join, layers, numbers_in, rename, reshape, split, transpose

Numbers = tuple[str, ...]
"""What stands for the "{}" of a rule."""

Found = dict[int, dict[Numbers, dict[int, str]]]
"""Index of a rule, numbers, index of a part: the name in the source."""

__all__ = ["KeyMap", "Match", "Rule", "Step", "affine", "join", "layers", "rename", "reshape", "split", "transpose"]


@dataclass(frozen=True)
class Step:
    """How one tensor of ours is made: the rule, and the names in the source that it takes ("" for an absent part)."""

    sources: tuple[str, ...]
    rule: Rule
    also: tuple["Step", ...] = ()
    """Other makings of the same tensor that the source has too; they must give the same numbers."""


@dataclass(frozen=True)
class Match:
    """What a table makes of the names of a source."""

    plan: dict[str, Step]
    """Name of ours to its making."""
    dropped: tuple[str, ...]
    unused: tuple[str, ...]
    unfilled: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Name of ours to the names of theirs that it lacks, none where the table has no rule for it."""
    twice: tuple[str, ...] = ()
    """Spellings of a name that is there already."""

    def faults(self, but: Iterable[str] = ()) -> list[str]:
        """All that is wrong, one phrase each; `but` names of ours that need no filling."""
        spared = frozenset(but)
        found = [f"{name} is not a part of this model" for name in self.unused]
        found += [f"{name} is there already under another prefix" for name in self.twice]
        for ours, theirs in self.unfilled.items():
            if ours not in spared:
                found += [f"{name} is missing" + (f" (for {ours})" if name != ours else "") for name in theirs]
                found += [] if theirs else [f"{ours} is missing, and no rule fills it"]
        return found


@dataclass(frozen=True)
class KeyMap:
    """A table of rules for one family.

    Args:
        rules: first those whose form is written.
        dropped: names of theirs that mean nothing to us; "*" stands for anything, "{}" for a number.
        prefixes: (old, new): a name that the rules do not know is tried with `new` in place of a leading `old`, so that
            checkpoints of other versions are read too. Rules, and so what is written, have the widely readable form.
    """

    rules: tuple[Rule, ...]
    dropped: tuple[str, ...] = ()
    prefixes: tuple[tuple[str, str], ...] = ()

    def __add__(self, other: "KeyMap") -> "KeyMap":
        """Both tables as one."""
        return KeyMap(self.rules + other.rules, self.dropped + other.dropped, self.prefixes + other.prefixes)

    def under(self, *, theirs: str = "", ours: str = "") -> "KeyMap":
        """The table of a part inside a larger model: prefixes before all names of either side."""
        return KeyMap(
            tuple(rule.under(theirs=theirs, ours=ours) for rule in self.rules),
            tuple(theirs + pattern for pattern in self.dropped),
            tuple((theirs + old, theirs + new) for old, new in self.prefixes),
        )

    def read(self, names: Iterable[str], wanted: Iterable[str] | None = None) -> dict[str, Step]:
        """Plan the reading of a source with these names: name of ours to its making.

        Args:
            names: of the source.
            wanted: names of ours that must be filled; None for all that the table has, in as many layers as are there.

        Raises: CheckpointError for names of theirs without use and names of ours without filling, the first by name.
        """
        match = self.match(names, wanted)
        if faults := match.faults():
            raise CheckpointError(
                f"weights and key map do not agree: {summary(faults)}. Use weights and config of one model together."
            )
        return match.plan

    def match(self, names: Iterable[str], wanted: Iterable[str] | None = None) -> Match:
        """As `read`, with what is wrong returned and not raised."""
        found, dropped, unused, twice = self._find(names)
        ours = None if wanted is None else frozenset(wanted)
        plan: dict[str, Step] = {}
        unfilled: dict[str, tuple[str, ...]] = {}
        used: set[str] = set()
        for index, rule in enumerate(self.rules):
            for numbers, parts in found[index].items():
                name = fill(rule.ours, numbers)
                if ours is not None and name not in ours:
                    continue
                used.update(parts.values())
                missing = [each for i, each in enumerate(rule.theirs) if each and i not in parts]
                if missing:
                    unfilled.setdefault(name, tuple(fill(each, numbers) for each in missing))
                    continue
                step = Step(tuple(parts.get(i, "") for i in range(len(rule.theirs))), rule)
                plan[name] = replace(plan[name], also=(*plan[name].also, step)) if name in plan else step
        for name in self._expected(found) if ours is None else sorted(ours):
            unfilled.setdefault(name, self._theirs(name))
        idle = {name for parts in found.values() for each in parts.values() for name in each.values()} - used
        for name in idle:
            (dropped if any(map(self._drops, self._spellings(name))) else unused).append(name)
        left = {name: theirs for name, theirs in unfilled.items() if name not in plan}
        return Match(plan, tuple(sorted(dropped)), tuple(sorted(unused)), left, tuple(twice))

    def write(self, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Our tensors under their names, in the widely readable form; views where that can be.

        Raises: CheckpointError for tensors for which there is no rule, or of which theirs lacks a part.
        """
        theirs: dict[str, Tensor] = {}
        pieces: dict[str, list[tuple[int, int, Tensor]]] = defaultdict(list)
        faults: list[str] = []
        for name, tensor in tensors.items():
            rule, numbers = self._rule(name)
            if rule is None:
                faults.append(f"no rule writes {name}")
                continue
            for template, part in zip(rule.theirs, rule.theirs_of(tensor), strict=True):
                target = fill(template, numbers) if template else ""
                if rule.op == "rows":
                    pieces[target].append((rule.sizes[0], rule.sizes[2], part))
                elif target:
                    faults += [f"{target} is written twice"] if target in theirs else []
                    theirs[target] = part
        for target, parts in pieces.items():
            parts.sort(key=lambda each: each[0])
            if sum(len(part) for _, _, part in parts) != parts[0][1]:
                faults.append(f"{target} is not whole: {sum(len(part) for *_, part in parts)} of {parts[0][1]} rows")
            theirs[target] = torch.cat([part for *_, part in parts])
        if faults:
            raise CheckpointError(f"weights cannot be written: {summary(faults)}. Write a whole model of this family.")
        return theirs

    def _find(self, names: Iterable[str]) -> tuple[Found, list[str], list[str], list[str]]:
        """What each rule finds in the source; then names that are dropped, unknown, and there twice."""
        found: Found = {index: defaultdict(dict) for index in range(len(self.rules))}
        dropped: list[str] = []
        unused: list[str] = []
        twice: list[str] = []
        for name in names:
            hits = next((hits for each in self._spellings(name) if (hits := self._hits(each)) is not None), None)
            if hits is None:
                unused.append(name)
            elif not hits:
                dropped.append(name)
            elif any(part in found[rule].get(numbers, {}) for rule, numbers, part in hits):
                twice.append(name)
            else:
                for rule, numbers, part in hits:
                    found[rule][numbers][part] = name
        return found, dropped, unused, twice

    def _spellings(self, name: str) -> list[str]:
        """The name, then the same with old prefixes made new."""
        spellings = [name]
        for old, new in self.prefixes:
            spellings += [new + each[len(old) :] for each in spellings if each.startswith(old)]
        return spellings

    def _hits(self, name: str) -> list[tuple[int, Numbers, int]] | None:
        """Where the rules use a name: rule, numbers, part. Empty when it is dropped, None when it is unknown."""
        hits = [
            (index, numbers, part)
            for index, rule in enumerate(self.rules)
            for part, template in enumerate(rule.theirs)
            if template and (numbers := numbers_in(template, name)) is not None
        ]
        return hits if hits or self._drops(name) else None

    def _drops(self, name: str) -> bool:
        return any(_glob(pattern).fullmatch(name) for pattern in self.dropped)

    def _rule(self, ours: str) -> tuple[Rule | None, Numbers]:
        """The first rule for a name of ours, with the numbers in it."""
        for rule in self.rules:
            numbers = numbers_in(rule.ours, ours)
            if numbers is not None:
                return rule, numbers
        return None, ()

    def _theirs(self, ours: str) -> tuple[str, ...]:
        """What a name of ours is made of in the written form; nothing when there is no rule."""
        rule, numbers = self._rule(ours)
        return tuple(fill(each, numbers) for each in rule.theirs if each) if rule else ()

    def _expected(self, found: Found) -> list[str]:
        """All names of ours that the table has, in every layer of which the source has something."""
        seen: dict[tuple[str, int], dict[Numbers, None]] = defaultdict(dict)
        for index, rule in enumerate(self.rules):
            seen[_stack(rule)].update(dict.fromkeys(found[index]))
        return [
            fill(rule.ours, numbers)
            for rule in self.rules
            for numbers in (seen[_stack(rule)] if "{}" in rule.ours else [()])
        ]


def _stack(rule: Rule) -> tuple[str, int]:
    """What rules of the same stack of layers have in common: the name before the number, and how many numbers."""
    return rule.ours.partition("{}")[0], rule.ours.count("{}")


@lru_cache(maxsize=1024)
def _glob(pattern: str) -> re.Pattern[str]:
    """A pattern of `KeyMap.dropped`."""
    return re.compile(re.escape(pattern).replace(r"\*", ".*").replace(r"\{\}", r"\d+"))
