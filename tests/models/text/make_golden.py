"""Write golden.json, what the reference implementation makes of tiny random models, for machines without it.

`python -m tests.models.text.make_golden`, from the root of the repository. Weights are not stored: they follow from
their names (`references.random_weight`).
"""

import json
from pathlib import Path

import torch
from tests.models.text.references import KINDS, make_reference, prompts

GOLDEN = Path(__file__).with_name("golden.json")
TOKENS = 16


def main() -> None:
    """Record config, scores after both prompts, and greedy answers of every kind."""
    inputs = prompts()
    if inputs.present is None:
        raise ValueError("the prompts are to be padded")
    mask = inputs.present.long()
    golden = {}
    for kind in KINDS:
        model = make_reference(kind)
        with torch.inference_mode():
            scores = model(inputs.ids, attention_mask=mask, position_ids=inputs.positions).logits[:, -1]
            said = model.generate(
                inputs.ids, attention_mask=mask, max_new_tokens=TOKENS, do_sample=False, pad_token_id=0
            )
        golden[kind] = {
            "config": model.config.to_diff_dict(),
            "scores": [[round(each, 5) for each in row] for row in scores.tolist()],
            "answers": said[:, inputs.ids.shape[1] :].tolist(),
        }
    GOLDEN.write_text(json.dumps(golden, indent=None, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
