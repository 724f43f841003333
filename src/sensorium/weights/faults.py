"""Many faults in few words: those that differ in a layer alone become one, and only the first are told."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence

_NUMBER = re.compile(r"(?<=\.)\d+(?=\.)")
_MANY = 3
_SHOWN = 4
_LENGTH = 160
"""Characters of one fault: names in a damaged file have any length."""


def summary(faults: Iterable[str]) -> str:
    """Faults, sorted; more than three that differ in a layer alone as "blocks.{0-11}.norm.weight is missing"."""
    groups: dict[str, dict[int, str]] = defaultdict(dict)
    lines = []
    for fault in dict.fromkeys(faults):
        numbers = {int(each) for each in _NUMBER.findall(fault)}
        if len(numbers) == 1:
            groups[_NUMBER.sub("{}", fault)][numbers.pop()] = fault
        else:
            lines.append(fault)
    for template, members in groups.items():
        if len(members) > _MANY:
            lines.append(template.replace("{}", f"{{{_ranges(sorted(members))}}}"))
        else:
            lines += members.values()
    return few(sorted(lines), "; ")


def few(words: Sequence[str], joint: str = ", ") -> str:
    """The first four of many words, and how many more there are."""
    shown = joint.join(each if len(each) <= _LENGTH else each[:_LENGTH] + "…" for each in words[:_SHOWN])
    return shown if len(words) <= _SHOWN else f"{shown} and {len(words) - _SHOWN} more"


def _ranges(numbers: list[int]) -> str:
    """[0, 1, 2, 5] as "0-2,5"."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ",".join(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs)
