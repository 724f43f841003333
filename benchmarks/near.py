"""How well `space/index/chance.py` tells that nothing near was found: `python benchmarks/near.py [--data FOLDER]`.

190 held-out media of nano-space's matches are placed. Of 12 queries for what some of them show, and of 12 for what none
does, those whose nearest medium is likely enough are counted.
"""

import argparse
import json
from pathlib import Path

import numpy as np

DRAWN = (("scenes", 30), ("photos", 60), ("clothes", 30), ("sounds", 30), ("digits", 20), ("moving", 20))
SHOWN = (
    *("a chair", "a piano", "an ankle boot", "a red ring", "the digit seven", "a dog", "rooster", "rain"),
    *("helicopter", "a green square", "a shape moving left", "sunflower"),
)
ABSENT = (
    *("quarterly tax report", "my grandmother in Paris", "a red car at night", "quantum mechanics", "a submarine"),
    *("xyzzy", "the eiffel tower", "football match", "zebra", "a wedding cake", "spaghetti", "democracy"),
)


def main() -> None:
    """Measure; one JSON object on standard output."""
    from sensorium.data.matches.catalog import matches
    from sensorium.runtime.embedding import load_embedder
    from sensorium.space.index.chance import NEAR, place_others, rivals
    from sensorium.space.index.types import Found, Spot

    parser = argparse.ArgumentParser(description=(__doc__ or "").partition(": `")[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    root = parser.parse_args().data
    model = load_embedder("nano-space")
    judge = rivals(model, place_others(model))
    media = []
    for name, count in DRAWN:
        source = matches(name, root)
        numbers = np.linspace(0, source.validation_size - 1, count).astype(int)
        media += [source.validation(int(number)).media[0] for number in numbers]
    places = model.embed_media(media)

    def reach(queries: tuple[str, ...]) -> int:
        reached = 0
        for words in model.embed_texts(queries):
            best = int((places @ words).argmax())
            found = Found(best, media[best].modality, ("",), Spot())
            chance = None if judge is None else judge.chance(words, places[best], found)
            reached += chance is not None and chance >= NEAR
        return reached

    told = {"shown": reach(SHOWN), "of_shown": len(SHOWN), "absent": reach(ABSENT), "of_absent": len(ABSENT)}
    print(json.dumps({"media": len(media), "near": NEAR, **told}))


if __name__ == "__main__":
    main()
