"""Which of some given answers holds, and with what chance: each is recited behind the talk, none is written.

The chance of an answer is the probability of all its tokens and of its end behind them, over the sum for all answers
given. So answers may begin alike, and one may be the beginning of another; one that may be said in several ways has the
probability of all of them. Where it was measured how often answers of a probability are right (runtime/calibration.py),
the likeliest answer gets that chance and the others share the rest; but only of answers that the model may well give:
what was measured is of answers of its own, and says nothing of the likelier of two that it would not give.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from sensorium.chat.hub_tokenizer import HubTokenizer, Prompt
from sensorium.chat.message import Text, Usage, assistant, user
from sensorium.chat.tokenizer import Tokenizer
from sensorium.core.errors import EngineError, InputError, LimitExceeded, UsageError
from sensorium.engine.engine import Engine
from sensorium.engine.generate import TokenEvent
from sensorium.engine.request import Request
from sensorium.engine.sampling import Sampling
from sensorium.models.answerer import Answerer
from sensorium.runtime.answering import NO_ROOM
from sensorium.runtime.calibration import Curve
from sensorium.runtime.judgement import kind_of
from sensorium.runtime.replying import Question

COVERED = 0.5
"""What the model would say must be one of the answers with this probability for a curve to hold."""

AT_ONCE = 8
"""Answers that are recited beside each other."""


@dataclass(frozen=True)
class Decision:
    """The chances of some answers, which add up to 1; calibrated: whether they were measured to hold."""

    chances: tuple[float, ...]
    calibrated: bool
    usage: Usage
    notices: tuple[str, ...] = ()


class Deciding:
    """One question and its answers while they are recited: give the events of all `requests` to `push`."""

    def __init__(self, question: Question, answers: Sequence[Sequence[str]], *, tenant: str = "") -> None:
        """Of a question that was prepared, and the ways to say each answer.

        Raises: UsageError for fewer than two answers, or two that are the same to the model; LimitExceeded for
        answers that the model has no room for; EngineError for a model whose tokens cannot be given.
        """
        self._question = question
        self._counts = [len(ways) for ways in answers]
        recited = [answer_ids(question.parts.model, way) for ways in answers for way in ways]
        if len(answers) < 2 or len(set(recited)) < len(recited):
            raise UsageError(
                f"answers: got {len(answers)}, in {len(recited)} ways of which {len(set(recited))} differ; expected "
                "two answers or more, each different from all others. Change them."
            )
        length = len(question.talk.ids)
        longest = max(map(len, recited)) + 1
        if length + longest > question.parts.model.max_tokens:
            raise LimitExceeded(NO_ROOM.format(length=length, limit=question.parts.model.max_tokens))
        sampling = Sampling(max_tokens=longest)
        self.requests = [
            Request(question.inputs, sampling, answers=len(each), tenant=tenant, recited=each)
            for each in (tuple(recited[at : at + AT_ONCE]) for at in range(0, len(recited), AT_ONCE))
        ]
        self._sums = [0.0] * len(recited)
        self._tokens = 0

    def push(self, group: int, event: TokenEvent) -> None:
        """A token of one of the answers of a request, which `group` counts from 0."""
        self._sums[AT_ONCE * group + event.answer] += event.log_prob
        self._tokens += 1

    def decision(self) -> Decision:
        """What came out, once all requests are done. Raises: UsageError when the model may say none of the answers."""
        asked = self._question
        sums = iter(self._sums)
        whole = [_sum([next(sums) for _ in range(count)]) for count in self._counts]
        curve = None
        if not asked.guess and covers(whole):
            curve = asked.parts.calibration.curves.get(kind_of(item.modality for item in asked.talk.items))
        usage = Usage(prompt_tokens=len(asked.talk.ids), completion_tokens=self._tokens)
        return Decision(chances(whole, curve), curve is not None, usage, asked.notices)


def decide(engine: Engine, question: Question, answers: Sequence[Sequence[str]]) -> Decision:
    """Decide by an engine that nobody else steps. Raises: as `Deciding`; what a request ends with."""
    deciding = Deciding(question, answers)
    for group, request in enumerate(deciding.requests):
        for event in engine.submit(request):
            deciding.push(group, event)
    return deciding.decision()


def covers(sums: Sequence[float]) -> bool:
    """Whether answers of these log-probabilities are, together, what the model may well say."""
    return math.exp(_sum(sums)) >= COVERED


def chances(sums: Sequence[float], curve: Curve | None) -> tuple[float, ...]:
    """Chances of answers, of the log-probabilities of each.

    The likeliest stays so, whatever its curve says. Raises: UsageError when all are impossible.
    """
    plain = _shares(sums)
    if curve is None:
        return plain
    best = max(range(len(sums)), key=sums.__getitem__)
    others = [each for index, each in enumerate(sums) if index != best]
    rest = _shares(others) if max(others) > -math.inf else (1.0 / len(others),) * len(others)
    second = max(rest)
    top = max(curve(plain[best]), second / (1.0 + second))
    found = [(1.0 - top) * share for share in rest]
    return (*found[:best], top, *found[best:])


def answer_ids(model: Answerer, answer: str) -> tuple[int, ...]:
    """Tokens of an answer as they stand behind an invitation to answer, without what ends it.

    Raises: UsageError for an empty one; EngineError for tokens that cannot be given.
    """
    if not answer.strip():
        raise UsageError("answers: one is empty; expected words. Give them.")
    asked = [user("?")]
    try:
        before = model.assembler.talk(asked, ask=True).ids
        behind = model.assembler.talk([*asked, assistant(answer)], ask=False).ids
    except InputError:  # a family that takes no talk without media
        before = behind = []
    if behind[: len(before)] == before and len(behind) > len(before):
        said = behind[len(before) :]
        end = next((at for at, id_ in enumerate(said) if id_ in model.stops), len(said))
        if model.tokenizer.decode(said[:end]).strip() == answer.strip():
            return tuple(said[:end])
    return tuple(_ids(model, answer))


def _ids(model: Answerer, answer: str) -> list[int]:
    if isinstance(model.tokenizer, Tokenizer):
        return model.tokenizer.encode(Text(answer))
    if isinstance(model.tokenizer, HubTokenizer):
        return model.tokenizer.encode(Prompt(answer, ()))
    raise EngineError("answers: this model's tokens cannot be given to it. Ask it in words.")


def _shares(sums: Sequence[float]) -> tuple[float, ...]:
    whole = _sum(sums)
    if whole == -math.inf:
        raise UsageError("answers: this model may say none of them. Give others.")
    return tuple(math.exp(each - whole) for each in sums)


def _sum(log_probs: Sequence[float]) -> float:
    """The logarithm of the sum of probabilities."""
    highest = max(log_probs)
    if highest == -math.inf:
        return highest
    return highest + math.log(sum(math.exp(each - highest) for each in log_probs))
