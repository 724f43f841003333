"""Options that belong together, as one dataclass: the command gets an object, its user sees an option per field."""

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any


def spread(command: Callable[..., None]) -> Callable[..., None]:
    """`command` with each field of its last parameter, which is annotated with a dataclass, as a parameter.

    The fields have defaults, and are annotated as the parameters of commands are.
    """
    signature = inspect.signature(command)
    *own, group = signature.parameters.values()
    fields = inspect.signature(group.annotation).parameters

    @wraps(command)
    def run(**given: Any) -> None:
        chosen = {name: given.pop(name) for name in fields}
        command(**given, **{group.name: group.annotation(**chosen)})

    shown = [*own, *(each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in fields.values())]
    run.__signature__ = signature.replace(parameters=shown)  # type: ignore[attr-defined]
    run.__annotations__ = {each.name: each.annotation for each in shown}
    del run.__wrapped__
    return run
