"""What learns and what does not: said by patterns over names, shown as a table, and checked bit by bit.

    freeze(model, ("*",), but=("readers.*.connector.*",))     align: the connectors alone learn
    before = Fingerprint.of(model)
    optimisers = build(learning(model)); refuse_frozen(model, optimisers)
    ...
    before.check(model)                                       nothing else moved

A parameter that gets no gradient still moves where an optimiser that decays weights has it, and the running statistics
of a norm move without any optimiser; so both are looked at.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile

import torch
from torch import Tensor, nn

from sensorium.core.errors import EngineError
from sensorium.models.adapters import matching
from sensorium.training.shards import whole
from sensorium.weights.faults import summary


def freeze(model: nn.Module, names: Sequence[str], *, but: Sequence[str] = ()) -> tuple[str, ...]:
    """Freeze parameters; those that are frozen stay so. Returns: the names of all that this froze.

    Args:
        model: any.
        names: patterns over names of parameters, in which "*" is anything: "readers.*.encoder.*".
        but: patterns of those among them that go on learning: "*.adapters.*".

    Raises: ConfigError when a pattern matches nothing.
    """
    parameters = dict(learning(model))
    known = [name for name, _ in model.named_parameters()]
    spared = frozenset(matching(but, known, "freeze: but"))
    chosen = [name for name in matching(names, known, "freeze: names") if name in parameters and name not in spared]
    for name in chosen:
        parameters[name].requires_grad_(False)
    return tuple(chosen)


def thaw(model: nn.Module, names: Iterable[str]) -> None:
    """Let these parameters learn, which is the way back of `freeze` from what it returned."""
    for name in names:
        model.get_parameter(name).requires_grad_(True)


def learning(model: nn.Module) -> Iterator[tuple[str, nn.Parameter]]:
    """The parameters that learn, with their names: all that an optimiser should see."""
    return ((name, parameter) for name, parameter in model.named_parameters() if parameter.requires_grad)


def frozen(model: nn.Module) -> dict[str, Tensor]:
    """What must not move, by name: frozen parameters, and buffers of modules whose own parameters are all frozen."""
    found: dict[str, Tensor] = {}
    for prefix, module in model.named_modules():
        own = dict(module.named_parameters(prefix, recurse=False))
        still = {name: parameter for name, parameter in own.items() if not parameter.requires_grad}
        found |= still
        if own and len(still) == len(own):
            found |= dict(module.named_buffers(prefix, recurse=False))
    return found


def refuse_frozen(model: nn.Module, optimisers: Iterable[torch.optim.Optimizer]) -> None:
    """See that no optimiser has a frozen parameter, which weight decay would move.

    Raises: EngineError that names all of them.
    """
    seen = {id(each) for optimiser in optimisers for group in optimiser.param_groups for each in group["params"]}
    if caught := [name for name, tensor in frozen(model).items() if id(tensor) in seen]:
        raise EngineError(
            f"training: an optimiser has what is frozen ({summary(caught)}); expected what learns alone, as weight "
            "decay would move the rest. Build optimisers after freezing, from `learning(model)`."
        )


@dataclass(frozen=True)
class Fingerprint:
    """The SHA-256 of everything frozen in a model, by name."""

    digests: dict[str, str]

    @classmethod
    def of(cls, model: nn.Module) -> "Fingerprint":
        """As the model is now."""
        return cls({name: _digest(tensor) for name, tensor in frozen(model).items()})

    def check(self, model: nn.Module) -> None:
        """See that all of it is as it was.

        Raises: EngineError that names everything that moved, is gone, or learns now.
        """
        now = Fingerprint.of(model).digests
        moved = [f"{name} moved" for name, digest in self.digests.items() if now.get(name, digest) != digest]
        gone = [f"{name} is frozen no more" for name in self.digests if name not in now]
        if moved or gone:
            raise EngineError(
                f"training: {summary([*moved, *gone])}; expected all that is frozen to stay as it was, bit by bit. "
                "Keep it from the optimisers, and in eval() what has running statistics; then begin anew."
            )


@dataclass(frozen=True)
class Part:
    """A part of a model, and how many of its numbers learn."""

    name: str
    parameters: int
    learning: int

    @property
    def share(self) -> float:
        """Of the numbers that learn, from 0 to 1."""
        return self.learning / self.parameters


def parts(model: nn.Module, *, depth: int = 3) -> tuple[Part, ...]:
    """The parameters of a model by part, in the model's order; tied ones count once.

    Args:
        model: any.
        depth: how many names deep a part is, at most; a stack of layers is one part ("language.blocks").
    """
    counts: dict[str, tuple[int, int]] = {}
    for name, parameter in model.named_parameters():
        path = takewhile(lambda each: not each.isdigit(), name.split(".")[:-1][:depth])
        part = ".".join(path) or name
        held, learns = counts.get(part, (0, 0))
        count = parameter.numel()
        counts[part] = (held + count, learns + count * parameter.requires_grad)
    return tuple(Part(name, held, learns) for name, (held, learns) in counts.items())


def _digest(tensor: Tensor) -> str:
    """The SHA-256 of type, shape and bytes."""
    plain = whole(tensor.detach()).cpu().contiguous()
    digest = hashlib.sha256(f"{plain.dtype} {list(plain.shape)}".encode())
    digest.update(plain.reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()
