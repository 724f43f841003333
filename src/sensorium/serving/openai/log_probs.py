"""Log-probabilities of tokens in OpenAI's spelling."""

from collections.abc import Callable, Iterable
from typing import Any

from sensorium.engine.generate import TokenEvent
from sensorium.engine.sampling import MOST_LOG_PROBS
from sensorium.serving.asking import Wish
from sensorium.serving.fields import Fields, refused


def log_probs_of(fields: Fields) -> Wish | None:
    """What a request asks of log-probabilities; None for nothing. Raises: Refusal."""
    wanted = fields.flag("logprobs")
    count = fields.integer("top_logprobs", 0, MOST_LOG_PROBS)
    if count and not wanted:
        raise refused("top_logprobs", f"got {count} without logprobs", "logprobs to be true")
    return Wish("top_log_probs", count or 0, "top_logprobs") if wanted else None


def told(tokens: Iterable[TokenEvent], spell: Callable[[int], str]) -> dict[str, Any]:
    """Log-probabilities of tokens, and of the likeliest in their places."""

    def one(id_: int, log_prob: float) -> dict[str, Any]:
        text = spell(id_)
        return {"token": text, "logprob": max(log_prob, -9999.0), "bytes": list(text.encode())}

    content = [
        {**one(token.id, token.log_prob), "top_logprobs": [one(id_, log_prob) for id_, log_prob in token.top]}
        for token in tokens
    ]
    return {"content": content, "refusal": None}
