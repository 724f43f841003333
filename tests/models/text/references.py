"""Tiny random language models of every kind, by the reference implementation, and what they are asked."""

from typing import Any, NamedTuple

import torch
from tests.models.tiny import drawn
from torch import Tensor

from sensorium.engine.generate import generate
from sensorium.engine.sampling import Sampling
from sensorium.inputs.carrier import ModelInputs
from sensorium.models.text.model import TextModel

SIZES: dict[str, Any] = {
    "vocab_size": 97,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 128,
}
LLAMA3 = {
    "rope_type": "llama3",
    "rope_theta": 500.0,
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 16,
}
GEMMA3 = {
    "full_attention": {"rope_type": "linear", "factor": 8.0, "rope_theta": 1e6},
    "sliding_attention": {"rope_type": "default", "rope_theta": 1e4},
}


class Kind(NamedTuple):
    """A `model_type`, and what its config has beside `SIZES`."""

    model_type: str
    options: dict[str, Any]


KINDS = {
    "llama": Kind("llama", {}),
    "llama 3": Kind("llama", {"attention_bias": True, "rope_parameters": LLAMA3}),
    "smollm2": Kind("llama", {"tie_word_embeddings": True, "rope_parameters": {"rope_type": "linear", "factor": 2.0}}),
    "mistral": Kind("mistral", {"sliding_window": 5, "head_dim": 16}),
    "qwen2": Kind("qwen2", {}),
    "qwen2 with windows": Kind("qwen2", {"use_sliding_window": True, "sliding_window": 4, "max_window_layers": 1}),
    "qwen3": Kind("qwen3", {"head_dim": 16}),
    "gemma": Kind("gemma", {"head_dim": 16}),
    "gemma2": Kind(
        "gemma2",
        {
            "head_dim": 16,
            "sliding_window": 4,
            "attn_logit_softcapping": 5.0,
            "final_logit_softcapping": 3.0,
            "query_pre_attn_scalar": 20,
        },
    ),
    "gemma3": Kind(
        "gemma3_text",
        {
            "num_hidden_layers": 7,
            "head_dim": 16,
            "sliding_window": 4,
            "query_pre_attn_scalar": 20,
            "rope_parameters": GEMMA3,
        },
    ),
}


def random_weight(name: str, shape: tuple[int, ...], model_type: str) -> Tensor:
    """Numbers that depend on the name alone, large enough that what was said before counts."""
    gemma = model_type.startswith("gemma")
    size = 0.5 if len(shape) == 1 else 2 * shape[-1] ** -0.5
    size *= 0.1 if gemma and "embed_tokens" in name else 1.0
    numbers = drawn(name, shape)
    return numbers * size + (1.0 if "norm" in name and not gemma else 0.0)


def make_reference(kind: str) -> Any:
    """The reference's model with random weights."""
    from transformers import AutoConfig, AutoModelForCausalLM

    model_type, options = KINDS[kind]
    config = AutoConfig.for_model(model_type, **SIZES | options)
    config.eos_token_id = None
    model = AutoModelForCausalLM.from_config(config).eval()
    with torch.no_grad():
        for name, weight in model.named_parameters():
            weight.copy_(random_weight(name, tuple(weight.shape), model_type))
    return model


def prompts() -> ModelInputs:
    """Two prompts of random words, the first padded on the left."""
    ids = torch.randint(3, 97, (2, 12), generator=torch.Generator().manual_seed(1))
    present = torch.arange(12) >= torch.tensor([[5], [0]])
    return ModelInputs(ids, (present.cumsum(dim=1) - 1).clamp(min=0), present, (), ())


def answers(model: TextModel, tokens: int) -> list[list[int]]:
    """What a model of ours says to the prompts. Returns: [B][tokens]."""
    steps = generate(model, prompts(), Sampling(max_tokens=tokens), stops=())
    return [list(row) for row in zip(*([event.id for event in events if event] for events in steps), strict=True)]
