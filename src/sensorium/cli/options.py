"""Options that belong together, as one dataclass: the command gets an object, its user sees an option per field."""

import inspect
from collections.abc import Callable
from dataclasses import is_dataclass
from functools import wraps
from typing import Any


def spread(command: Callable[..., None]) -> Callable[..., None]:
    """`command` with each field of the parameters at its end that are annotated with a dataclass as a parameter.

    The fields have defaults, and are annotated as the parameters of commands are.
    """
    signature = inspect.signature(command)
    every = signature.parameters.values()
    own = [each for each in every if not is_dataclass(each.annotation)]
    groups: dict[str, Any] = {each.name: each.annotation for each in every if is_dataclass(each.annotation)}
    fields = {name: inspect.signature(group).parameters for name, group in groups.items()}

    @wraps(command)
    def run(**given: Any) -> None:
        for name, group in groups.items():
            given[name] = group(**{each: given.pop(each) for each in fields[name]})
        command(**given)

    further = (each for group in fields.values() for each in group.values())
    shown = [*own, *(each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in further)]
    run.__signature__ = signature.replace(parameters=shown)  # type: ignore[attr-defined]
    run.__annotations__ = {each.name: each.annotation for each in shown}
    del run.__wrapped__
    return run
