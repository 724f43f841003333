"""Preferences: the loss is that of the paper, better answers gain on worse ones, and the start stays what it was."""

import math
from collections.abc import Callable

import pytest
import torch
from torch.nn import functional as F  # noqa: N812

from sensorium.chat.message import assistant, user
from sensorium.chat.tokenizer import Tokenizer
from sensorium.core.errors import ConfigError, UnreadableMedia
from sensorium.data.sample import Sample, Turn
from sensorium.inputs.assemble import Assembler
from sensorium.models.adapters import AdapterConfig
from sensorium.models.early import EarlyFusion
from sensorium.models.nano.config import NanoConfig
from sensorium.training.freezing import learning
from sensorium.training.lesson import Lesson
from sensorium.training.pairs import Pair
from sensorium.training.preference import Preference
from sensorium.training.pupil import Pupil
from sensorium.training.stage import Stage, apply_stage


@pytest.fixture
def objective(tiny_nano: EarlyFusion, tiny_tokenizer: Tokenizer, tiny_config: NanoConfig) -> Preference:
    assembler = Assembler(tiny_tokenizer, tiny_config.inputs)
    return Preference(Pupil("nano", tiny_nano, tiny_nano, assembler, lambda folder, module: None), beta=0.5)


def pair(chosen: str, rejected: str, question: str = "Which?") -> Pair:
    talk = (user("Hello"), assistant("Hello!"), user(question), assistant(chosen))
    turns = (Turn("Hello", "Hello!", "mine"), Turn(question, chosen, "mine"))
    return Pair((), turns, "mine", talk=talk, source="pairs.jsonl, record 0", rejected=rejected)


PAIRS = [pair("red", "blue"), pair("a long dark boot", "no", "And this?"), pair("7", "seven it is")]


def likelihood(model: EarlyFusion, assembler: Assembler, lesson: Lesson, worse: bool) -> float:
    """The log-probability of an answer, from the definition."""
    talk = lesson.talks[worse]
    scores = model.language.logits(model(assembler.batch([talk])))[0].detach().log_softmax(dim=-1)
    return sum(float(scores[place, token]) for place, token in enumerate(talk.ids[1:]) if talk.weights[place + 1])


def test_the_loss_is_that_of_the_definition(objective: Preference, tiny_nano: EarlyFusion) -> None:
    lessons = [objective.tutor(each) for each in PAIRS]
    assembler = objective.assembler
    assert isinstance(assembler, Assembler)
    before = [[likelihood(tiny_nano, assembler, lesson, worse) for worse in (False, True)] for lesson in lessons]
    with torch.no_grad():
        for parameter in tiny_nano.parameters():
            parameter.mul_(1.1)
    after = [[likelihood(tiny_nano, assembler, lesson, worse) for worse in (False, True)] for lesson in lessons]
    margins = [(b[0] - a[0]) - (b[1] - a[1]) for a, b in zip(before, after, strict=True)]
    expected = sum(math.log1p(math.exp(-0.5 * margin)) for margin in margins) / len(margins)
    found = sum(part.loss.item() for part in objective.parts(lessons, objective.amounts(lessons)))
    assert found == pytest.approx(expected, rel=1e-4)
    marks = objective.judge(lessons)
    assert marks.right.tolist() == [margin > 0 for margin in margins]
    assert marks.loss / marks.of == pytest.approx(expected, rel=1e-4)


def test_better_answers_gain_while_the_start_stays(objective: Preference) -> None:
    lessons = [objective.tutor(each) for each in PAIRS]
    start = [parameter.clone() for parameter in objective.start.parameters()]  # type: ignore[attr-defined]
    optimiser = torch.optim.AdamW([parameter for _, parameter in learning(objective)], lr=1e-3)
    losses = []
    for _ in range(8):
        optimiser.zero_grad()
        parts = list(objective.parts(lessons, objective.amounts(lessons)))
        losses.append(sum(part.shown for part in parts))
        torch.stack([part.loss for part in parts]).sum().backward()
        optimiser.step()
    assert losses[0] == pytest.approx(float(-F.logsigmoid(torch.zeros(()))), rel=1e-5)
    assert losses[-1] < 0.5 * losses[0]
    assert bool(objective.judge(lessons).right.all())
    now = objective.start.parameters()  # type: ignore[attr-defined]
    assert all(torch.equal(*each) for each in zip(start, now, strict=True))


def test_beside_adapters_the_start_costs_little(make_nano: Callable[[int], EarlyFusion], objective: Preference) -> None:
    def adapted(start_anew: bool) -> tuple[Preference, list[float]]:
        """Losses of some steps; `start_anew`: with a whole second model as the start."""
        network = make_nano(0)
        with torch.random.fork_rng():
            torch.manual_seed(1)
            apply_stage(network, Stage("prefer", adapter=AdapterConfig(rank=2)), None)
        made = Preference(Pupil("nano", network, network, objective.assembler, lambda folder, module: None), beta=0.5)
        if start_anew:
            made.start = make_nano(0).requires_grad_(False)
        optimiser = torch.optim.AdamW([parameter for _, parameter in learning(made)], lr=3e-3)
        lessons, losses = [made.tutor(each) for each in PAIRS], []
        for _ in range(4):
            optimiser.zero_grad()
            parts = list(made.parts(lessons, made.amounts(lessons)))
            losses.append(sum(part.shown for part in parts))
            torch.stack([part.loss for part in parts]).sum().backward()
            optimiser.step()
        return made, losses

    made, losses = adapted(start_anew=False)
    assert losses == adapted(start_anew=True)[1]
    assert losses[-1] < losses[0] - 0.01
    whole = sum(parameter.numel() for parameter in made.model.parameters())  # type: ignore[attr-defined]
    learnt = sum(parameter.numel() for _, parameter in learning(made))
    assert sum(parameter.numel() for parameter in made.parameters()) == whole + learnt < 1.5 * whole


def test_of_a_talk_the_last_answers_alone_are_learnt(objective: Preference) -> None:
    lesson = objective.tutor(PAIRS[0])
    for talk, answer in zip(lesson.talks, ("red", "blue"), strict=True):
        learnt = [token for token, weight in zip(talk.ids, talk.weights, strict=True) if weight]
        assert answer in objective.assembler.tokenizer.decode(learnt)  # type: ignore[attr-defined]
        assert "Hello" not in objective.assembler.tokenizer.decode(learnt)  # type: ignore[attr-defined]


def test_what_is_no_pair(objective: Preference) -> None:
    with pytest.raises(ConfigError, match="scenes: has answers alone, but preferences are learnt from pairs"):
        objective.tutor(Sample((), (Turn("?", "a", "mine"),), "scenes"))
    with pytest.raises(UnreadableMedia, match="chosen and rejected are the same"):
        objective.tutor(pair("red", "red"))
