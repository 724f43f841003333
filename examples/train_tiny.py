"""Train a tiny model from Python and ask it something: `python examples/train_tiny.py [KEY=VALUE ...]`.

The recipe is tiny.yaml beside this file; what is given on the command line stands in its place, `steps=500` say.
The same from the shell: `sensorium train examples/tiny.yaml steps=500`.
"""

import sys
from pathlib import Path

import sensorium
from sensorium.models.samples import FOLDER
from sensorium.runtime.parts import read_parts
from sensorium.training.log import Progress
from sensorium.training.loop import train
from sensorium.training.recipe import read_recipe


def report(progress: Progress) -> None:
    """Say how far it is."""
    losses = ", ".join(f"{name} {loss:.2f}" for name, loss in sorted(progress.losses.items()))
    print(f"step {progress.step} of {progress.steps}: {losses}")


def main() -> None:
    """Train, load what was written, and ask."""
    recipe = read_recipe(Path(__file__).with_name("tiny.yaml"), sys.argv[1:])
    folder = train(recipe, report)
    model = sensorium.load(str(folder))
    answer = model.ask("How many pink shapes are there?", FOLDER / "shapes.png")
    network = read_parts("nano", folder, name="tiny").model.network
    parts = [part for _, part in network.named_children()]
    print(f"{folder}: {sum(each.numel() for part in parts for each in part.parameters()):,} parameters")
    print(f"a guess after {recipe.steps} steps: {answer}")


if __name__ == "__main__":
    main()
