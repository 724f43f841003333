"""Every process has a piece of each weight, gradient, mean and optimiser state (FSDP2, `fully_shard`).

Two ways of putting weights together:

    blocks of decoders     one by one, when a pass comes to them, and apart again at once. All processes must make the
                           same passes; training/company.py sees to it
    everything else        once a step, before it, and apart again after it: how often encoders and connectors are used
                           depends on the media that a process happened to draw

Gradients of blocks are summed and split after each pass, all others at the end of the step.
"""

import copy
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from typing import Any, NamedTuple, TypeVar

import torch
from torch import Tensor, nn
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import FSDPModule, MixedPrecisionPolicy, fully_shard

from sensorium.core.errors import ConfigError
from sensorium.language.decoder import Decoder
from sensorium.training.company import DONE, READY, Company
from sensorium.training.freezing import learning
from sensorium.training.objective import Objective, Part
from sensorium.training.processes import Processes
from sensorium.training.shards import is_sharded, whole
from sensorium.weights.faults import summary

Found = TypeVar("Found")


class Sharded:
    """Satisfies `strategy.Strategy`: every process has a piece of the model, and computes one pass at a time."""

    def __init__(self, processes: Processes, device: torch.device, precision: str) -> None:
        """For processes of `torch.distributed`. Args: precision: of recipes."""
        self._processes = processes
        self._device = device
        self._precision = precision

    def place(self, objective: Objective, module: nn.Module) -> None:
        """In pieces: each block of each decoder, then all the rest in one."""
        self._module, self._plain = module, _without_weights(module)
        decoders = [each for each in objective.modules() if isinstance(each, Decoder)]
        self._company = Company(self._processes, decoders)
        self._root = _Root(objective)
        options = self._options(objective)
        for block in [block for decoder in decoders for block in decoder.blocks]:
            fully_shard(block, mp_policy=self._policy(), **options)
        self._units = fully_shard(self._root, **options)
        for each in self._root.modules():
            if isinstance(each, FSDPModule):
                each.set_gradient_divide_factor(1.0)
                each.set_force_sum_reduction_for_comms(True)  # gloo knows no scaled sums
        self._units.set_reshard_after_backward(False, recurse=False)
        self._units.set_requires_gradient_sync(False, recurse=False)

    def backward(self, passes: Sequence[Iterator[Part]]) -> list[float]:
        """Rounds of all processes, forward and backward, until none has anything left."""
        for parameter in self._root.parameters():
            parameter.grad = None
        self._root.touched.clear()
        shown = [0.0] * len(passes)
        parts = ((place, part) for place, each in enumerate(passes) for part in each)
        going = True
        while going:
            with self._in_precision():
                round_ = self._root(lambda: self._forward(parts))
                if round_.place is not None:
                    shown[round_.place] += round_.shown
                round_.backward()
            going = round_.going
        self._sum_up()
        return shown

    @torch.no_grad()
    def look(self, work: Callable[[], Found]) -> Found:
        """In the run's precision; whoever has less to look at goes along with the others."""
        with self._in_precision():
            found: Found = self._root(lambda: self._looked(work))
        self._units.reshard()
        return found

    def complete(self) -> nn.Module | None:
        """Put together tensor by tensor, in the memory of the machine and not of its device."""
        found: dict[str, Tensor] = {}
        for name, tensor in self._module.state_dict().items():
            full = whole(tensor.detach())
            if self._processes.leads:
                found[name] = full.cpu()
        if not self._processes.leads:
            return None
        plain = copy.deepcopy(self._plain)
        plain.load_state_dict(found, assign=True)
        return plain

    def _options(self, objective: Objective) -> dict[str, Any]:
        """Of `fully_shard`."""
        spared = _spared(objective)
        for parameter in spared:
            parameter.data = parameter.data.to(self._device)
        mesh = init_device_mesh(self._device.type, (self._processes.size,))
        return {"mesh": mesh, "ignored_params": spared}

    def _policy(self) -> MixedPrecisionPolicy:
        """Blocks travel in the run's precision.

        All else stays fp32: what embeddings give is what blocks add to, and is not rounded in one process either.
        """
        if self._precision == "fp32":
            return MixedPrecisionPolicy()
        return MixedPrecisionPolicy(torch.bfloat16, torch.float32, cast_forward_inputs=False)

    def _forward(self, parts: Iterator[tuple[int, Part]]) -> "_Round":
        """The next part of this process, if there is one, and the passes that others need."""
        place, part = next(parts, (None, None))
        last = self._company.keep(DONE if part is None else READY)
        extras, self._company.extras = self._company.extras, []
        if part is None:
            return _Round(None, 0.0, None, extras, going=last != DONE)
        return _Round(place, part.shown, part.loss, extras, going=True)

    def _looked(self, work: Callable[[], Found]) -> Found:
        found = work()
        self._company.keep(DONE)
        self._company.extras.clear()
        return found

    def _sum_up(self) -> None:
        """Sum and split the gradients of what was together for the whole step, as a pass backward does.

        All processes must have one for the same parameters, so those that are missing here become zeros first.
        """
        names, touched = self._root.kept, set(self._root.touched)
        for split, lacking in ((False, [name for name in names if name not in touched]), (True, [])):
            self._units.set_requires_gradient_sync(split, recurse=False)
            self._root(partial(self._nothing, lacking)).backward()
        self._units.set_requires_gradient_sync(False, recurse=False)
        self._units.reshard()
        owners = self._processes.summed([name in touched for name in names])
        for name, count in zip(names, owners, strict=True):
            if not count:
                self._root.get_parameter(name).grad = None

    def _nothing(self, names: Sequence[str]) -> Tensor:
        """A loss that has gradients of 0 for these parameters. Returns: []."""
        nothing = torch.zeros((), device=self._device, requires_grad=True) * 1.0
        return nothing + sum(0.0 * self._root.get_parameter(name).flatten()[:1].sum() for name in names)

    def _in_precision(self) -> AbstractContextManager[Any]:
        if self._precision == "fp32":
            return nullcontext()
        return torch.autocast(self._device.type, torch.bfloat16, cache_enabled=False)  # which would keep all blocks


class _Root(nn.Module):
    """The outermost module: FSDP sees every pass begin and end here.

    kept: names of parameters that learn and are together for a whole step. touched: those that a loss came by.
    """

    def __init__(self, objective: Objective) -> None:
        super().__init__()
        self.objective = objective
        self.kept: list[str] = []
        self.touched: set[str] = set()

    def forward(self, work: Callable[[], Found]) -> Found:
        """Do something while everything outside of the blocks is together."""
        if not self.kept:
            self._watch()
        return work()

    def _watch(self) -> None:
        """See which parameters gradients come to."""
        for name, parameter in self.named_parameters():
            if parameter.requires_grad and not is_sharded(parameter):
                self.kept.append(name)
                parameter.register_post_accumulate_grad_hook(lambda _, name=name: self.touched.add(name))


class _Round(NamedTuple):
    """What one pass of all processes gave here: a part's loss, and passes that were made for others alone.

    going: whether any process had something to do.
    """

    place: int | None
    shown: float
    loss: Tensor | None
    extras: list[Tensor]
    going: bool

    def backward(self) -> None:
        """Back through all of it; passes for others count for nothing."""
        losses = [extra for extra in self.extras if extra.requires_grad]
        weights = [torch.zeros_like(extra) for extra in losses]
        if self.loss is not None and self.loss.requires_grad:
            losses.append(self.loss)
            weights.append(torch.ones_like(self.loss))
        if losses:
            torch.autograd.backward(losses, weights)


def _spared(objective: Objective) -> set[nn.Parameter]:
    """What is frozen and stays whole: single numbers, and what two networks share (as model and start do).

    Raises: ConfigError for a single number that learns.
    """
    owners = Counter(parameter for child in objective.children() for parameter in set(child.parameters()))
    spared = {parameter for parameter, count in owners.items() if count > 1}
    spared |= {parameter for parameter in objective.parameters() if parameter.ndim == 0}
    if learns := [name for name, each in learning(objective) if each in spared]:
        raise ConfigError(
            f"optimiser: strategy is sharded, but {summary(learns)} cannot be cut in pieces; expected rows. Take "
            "strategy: replicated."
        )
    return spared


def _without_weights(module: nn.Module) -> nn.Module:
    """A copy whose parameters take no memory."""
    empty = {
        id(each): nn.Parameter(torch.empty_like(each, device="meta"), requires_grad=each.requires_grad)
        for each in module.parameters()
    }
    return copy.deepcopy(module, empty)
