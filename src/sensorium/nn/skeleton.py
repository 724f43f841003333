"""Build modules without drawing numbers for weights that a checkpoint is going to give.

Filling a billion weights with random numbers takes longer than reading them. PyTorch's own way, the "meta" device,
imports its compiler (1.4 s) as soon as a tensor on it is used.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from sensorium.core.errors import ConfigError

_FILLING = frozenset({Tensor.uniform_, Tensor.normal_, Tensor.fill_, Tensor.zero_})


class Unfilled(TorchFunctionMode):
    """`with Unfilled(): module = build(...)` leaves memory as it is, in this thread and this block alone.

    Everything but the random and constant fillings of constructors works as always. Whoever uses it fills every
    parameter (weights/loading.py sees to that); buffers must be computed, not filled. Not for constructors that draw
    truncated normals: PyTorch draws those until they lie in range, so without drawing it may never end.
    """

    def __torch_function__(
        self, func: Any, types: Iterable[Any], args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        """Leave the tensor to be filled alone, and call anything else.

        Raises: ConfigError for a weight that is larger than memory.
        """
        given = kwargs or {}
        if func in _FILLING or getattr(func, "__module__", None) == "torch.nn.init":
            return args[0] if args else given["tensor"]
        try:
            return func(*args, **given)
        except RuntimeError as error:
            if func is not torch.empty:
                raise
            shape = args[0] if args and not isinstance(args[0], int) else args or given["size"]
            raise ConfigError(
                f"the config makes a weight of shape {list(shape)}, which no memory holds; expected the sizes of the "
                "model's weights. Fetch the model again, or correct its config."
            ) from error
