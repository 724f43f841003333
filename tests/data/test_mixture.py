"""Which domain is drawn when, and the same samples for the same step wherever it is made."""

from collections import Counter
from typing import Any

import numpy as np
import pytest

from sensorium.chat.message import Text
from sensorium.core.errors import ConfigError
from sensorium.data.mixture import Mixture, Share, messages, weights
from sensorium.data.sample import Domain, Sample, Turn
from sensorium.data.synthetic.charts import Charts
from sensorium.data.synthetic.moving import MovingShapes
from sensorium.data.synthetic.scenes import Scenes
from sensorium.media.types import Image, VideoClip

IMAGE = Image(np.zeros((2, 2, 3), np.uint8))


class Numbers:
    """Each sample is a number drawn."""

    validation_size = 0

    def __init__(self, name: str) -> None:
        self.name = name

    def train(self, rng: np.random.Generator) -> Sample:
        turns = tuple(Turn("Which?", str(rng.integers(10**9)), "number") for _ in range(2))
        return Sample((), turns, self.name)

    def validation(self, index: int) -> Sample:
        return self.train(np.random.default_rng(index))


def mixture(weights: dict[str, float], *, seed: int = 1, micro_batches: int = 2) -> Mixture:
    shares = {name: Share(weight, batch=3) for name, weight in weights.items()}
    return Mixture(shares, seed, micro_batches, {name: Numbers(name) for name in weights})


def drawn(mixed: Mixture, step: int) -> list[tuple[str, list[str]]]:
    return [(name, [sample.turns[0].answer for sample in samples]) for name, samples in mixed.samples(step)]


def test_a_step_is_a_function_of_seed_and_number() -> None:
    weights = {"a": 1.0, "b": 2.0, "c": 3.0}
    steps = [drawn(mixture(weights), step) for step in range(20)]
    assert steps == [drawn(mixture(weights), step) for step in range(20)]
    assert drawn(mixture(weights), 7) == steps[7]  # alone, as in order
    assert len({str(each) for each in steps}) == 20
    assert steps != [drawn(mixture(weights, seed=2), step) for step in range(20)]


def test_no_domain_twice_in_a_step_and_all_where_there_are_few() -> None:
    mixed = mixture({"a": 1.0, "b": 5.0, "c": 9.0}, micro_batches=2)
    assert all(len(set(mixed.plan(step))) == 2 for step in range(50))
    assert sorted(mixture({"a": 1.0, "b": 5.0}, micro_batches=9).plan(0)) == ["a", "b"]


def test_one_draw_a_step_follows_the_weights() -> None:
    mixed = mixture({"a": 1.0, "b": 3.0, "c": 6.0}, micro_batches=1)
    counts = Counter(mixed.plan(step)[0] for step in range(4000))
    shares = [counts[name] / 4000 for name in "abc"]
    assert shares == pytest.approx([0.1, 0.3, 0.6], abs=0.03)


def test_micro_batches_have_the_domains_size() -> None:
    mixed = Mixture({"a": Share(batch=2), "b": Share(batch=5)}, 1, 2, {name: Numbers(name) for name in "ab"})
    assert {name: len(samples) for name, samples in mixed.samples(0)} == {"a": 2, "b": 5}


def test_a_share_caps_the_turns() -> None:
    made = {turns: Mixture({"a": Share(batch=1, turns=turns)}, 1, 1, {"a": Numbers("a")}) for turns in (1, 8)}
    (few,), (many,) = (mixed.samples(0)[0][1] for mixed in made.values())
    assert few.turns == many.turns[:1]


@pytest.mark.parametrize(
    "options", [{"weight": 0.0}, {"weight": -1.0}, {"weight": float("nan")}, {"batch": 0}, {"turns": 0}]
)
def test_shares_that_cannot_be(options: dict[str, float]) -> None:
    with pytest.raises(ConfigError, match="expected a weight above 0, and a batch and turns of at least 1"):
        Share(**options)  # type: ignore[arg-type]


@pytest.mark.parametrize("answered", [None, 1, 2, 3])
def test_of_a_batch_any_number_may_be_answered(answered: int | None) -> None:
    assert Share(batch=3, answered=answered).answered == answered


@pytest.mark.parametrize("answered", [-1, 0, 4])
def test_more_or_fewer_than_a_batch_cannot_be_answered(answered: int) -> None:
    with pytest.raises(ConfigError, match=f"answered is {answered}; expected 1 to 3, the batch, or nothing for all"):
        Share(batch=3, answered=answered)


@pytest.mark.parametrize("options", [{"media": "x"}, {"validation": 0.5}, {"columns": {"messages": "talk"}}])
def test_what_belongs_to_a_file_needs_one(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=r"those of a file, and no file\. Name it: file: data\.json"):
        Share(**options)
    assert Share(file="data.json", **options).file == "data.json"


@pytest.mark.parametrize("validation", [-0.1, 1.0, float("nan")])
def test_a_share_held_out(validation: float) -> None:
    with pytest.raises(ConfigError, match="expected a share from 0 to under 1, or a file"):
        Share(file="data.json", validation=validation)


def test_draws_go_on_where_a_batch_ends() -> None:
    mixed = mixture({"a": 1.0}, micro_batches=1)
    ((_, more),) = mixed.draws(3)
    answers = [next(more).turns[0].answer for _ in range(5)]
    assert answers[:3] == drawn(mixed, 3)[0][1]
    assert len(set(answers)) == 5


def test_what_is_answered_changes_no_sample() -> None:
    few, all_ = (Mixture({"a": Share(batch=3, answered=some)}, 1, 1, {"a": Numbers("a")}) for some in (1, None))
    assert drawn(few, 5) == drawn(all_, 5)


def test_a_sample_is_a_talk_with_its_media_first() -> None:
    turns = (Turn("What?", "a boot", "name", weight=0.2), Turn("Read it.", "abc", "line", measure="characters"))
    sample = Sample((IMAGE,), turns, "things")
    talk = messages(sample)
    assert [message.role for message in talk] == ["user", "assistant", "user", "assistant"]
    assert [message.media for message in talk] == [(IMAGE,), (), (), ()]
    assert [message.text for message in talk] == ["What?", "a boot", "Read it.", "abc"]
    assert (talk[1].parts, talk[3].parts) == ((Text("a boot"),), (Text("abc", spelled=True),))
    assert list(weights(sample)) == [0.2, 1.0]


@pytest.mark.parametrize("domain", [Scenes(), Charts(), MovingShapes()], ids=lambda domain: domain.name)
def test_samples_of_a_micro_batch_have_one_shape_where_a_domain_can_do_that(domain: Domain) -> None:
    mixed = Mixture({domain.name: Share(batch=4)}, 1, 1, {domain.name: domain})
    shapes = []
    for step in range(6):
        ((_, samples),) = mixed.samples(step)
        media = [sample.media[0] for sample in samples]
        pictures = {each.pixels.shape for each in media if isinstance(each, Image)}
        shapes.append(pictures | {each.frames.shape for each in media if isinstance(each, VideoClip)})
    assert {len(each) for each in shapes} == {1}
    assert len(set.union(*shapes)) > 1  # from step to step they differ
