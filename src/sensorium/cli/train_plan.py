"""`sensorium train RECIPE --dry-run`: what a run would learn, need and take."""

from typing import TYPE_CHECKING

from sensorium.cli.console import write

if TYPE_CHECKING:
    from sensorium.training.plan import Plan
    from sensorium.training.recipe import Recipe


def show_plan(recipe: "Recipe") -> None:
    """Measure two steps and write the plan to standard output."""
    from sensorium.training.plan import make_plan

    write("\n".join(lines(make_plan(recipe))))


def lines(plan: "Plan") -> list[str]:
    """The plan as text: a line for each part, then the sums."""
    held, learning = sum(each.parameters for each in plan.parts), sum(each.learning for each in plan.parts)
    width = max(len("all"), *(len(each.name) for each in plan.parts))
    rows = [*((each.name, each.parameters, each.share) for each in plan.parts), ("all", held, learning / held)]
    found = [f"{'part':{width}}  {'parameters':>14}  learnt"]
    found += [f"{name:{width}}  {count:14,}  {share:6.0%}" for name, count, share in rows]
    found += [
        f"memory: {_size(plan.kept)} of weights, gradients and optimisers; {_size(plan.peak)} at the most so far",
        f"a step: {plan.samples:,} samples, {plan.tokens:,} tokens, {plan.seconds:.2f} s",
        f"the run: {plan.steps:,} steps, {plan.steps * plan.tokens:,} tokens, {plan.steps * plan.seconds / 3600:.2f} h",
    ]
    found += [
        f"an epoch of {name}: {epoch.records:,} records, about {epoch.tokens:,} tokens"
        for name, epoch in plan.epochs.items()
    ]
    return found


def _size(count: int) -> str:
    return f"{count / 1e9:.2f} GB" if count >= 1e9 else f"{count / 1e6:.1f} MB"
