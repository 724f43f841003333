"""Answers that can only take a given form: JSON of a schema, a regular expression, one of some choices.

The package `llguidance` tells before each token which ones the form still allows. JSON is written without white space
between its words, which a weak model would go on with for ever; and when the tokens that are left come down to those
that the way to the form's end takes (engine/closing.py), the answer is led along that way, so that it is whole in time.

A form that is new is compiled in a process of its own first (engine/trial.py): one that is made to harm ends alone.
"""

import threading
from collections import OrderedDict
from collections.abc import Collection
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from sensorium.core.errors import EngineError, UsageError
from sensorium.core.packages import require
from sensorium.engine.closing import Closing, flags_of
from sensorium.engine.forms import Form, compiled, first_line
from sensorium.engine.trial import Trial

WATCHED = 64
"""An answer with fewer tokens left than these, and four times those of its end, is looked at after every token."""
SELDOM = 16
"""Tokens after which any other is."""
REMEMBERED = 256
"""Forms that are known to compile, or not to."""


class Guide(Protocol):
    """Follows one answer and tells which tokens may come next."""

    def allowed(self, vocabulary: int) -> Tensor:
        """True for tokens that may come next: [V] bool."""

    def push(self, id_: int, left: int) -> int:
        """A token was chosen, and so many may come behind it. Returns: it, or one to say instead, to end in time."""

    @property
    def complete(self) -> bool:
        """Whether what was said has the form."""

    def fork(self) -> "Guide":
        """The same for a further answer that has begun alike."""


class Grammars:
    """Compiles forms for the tokens of one model; may be used by several threads."""

    def __init__(self, tokenizer: str, *, vocabulary: int, stops: Collection[int]) -> None:
        """Read the tokens, which takes a moment.

        Args: tokenizer: the text of a tokenizer.json; vocabulary: number of scores; stops: tokens that end answers.

        Raises: MissingPackage; EngineError when the tokenizer is of a kind that cannot be guided.
        """
        self._package: Any = require("llguidance", "serve")
        try:
            self._tokens = self._package.LLTokenizer(tokenizer, n_vocab=vocabulary, eos_token=sorted(stops))
        except (TypeError, ValueError, RuntimeError) as error:
            raise EngineError(
                f"tokenizer: answers in a given form are not possible with it ({error}). Ask without a form."
            ) from error
        texts = [self._text(id_) for id_ in range(self._tokens.vocab_size)]
        self._closing = Closing(texts, sorted(stops))
        self._trial = Trial(tokenizer, vocabulary=vocabulary, stops=sorted(stops))
        self._faults: OrderedDict[Form, str] = OrderedDict()  # "" where it compiles; the longest unused first
        self._trying = threading.Lock()
        self._lock = threading.Lock()

    def knows(self, form: Form) -> bool:
        """Whether `guide` answers at once: the form was tried before, and may have been found wrong."""
        with self._lock:
            return form in self._faults

    def check(self, form: Form) -> None:
        """Try a form that is new, in a process of its own, which may take a minute; one at a time.

        Raises: UsageError when it is wrong, too large, or takes too much work; EngineError when it cannot be tried.
        """
        with self._trying:
            fault = self._trial.fault(form) if (known := self._fault(form)) is None else known
            with self._lock:
                self._faults[form] = fault
                while len(self._faults) > REMEMBERED:
                    self._faults.popitem(last=False)
        if fault:
            raise UsageError(fault)

    def guide(self, form: Form) -> Guide:
        """Begin an answer in a form. Raises: as `check`."""
        if (fault := self._fault(form)) is None:
            self.check(form)
        elif fault:
            raise UsageError(fault)
        with self._lock:  # its memory for compiled expressions belongs to all
            matcher = compiled(self._package, self._tokens, form)
        return _Guide(matcher, self._closing)

    def _fault(self, form: Form) -> str | None:
        """What was found of a form; None for one that is new."""
        with self._lock:
            if form in self._faults:
                self._faults.move_to_end(form)
            return self._faults.get(form)

    def _text(self, id_: int) -> bytes:
        return b"" if self._tokens.is_special_token(id_) else bytes(self._tokens.decode_bytes([id_]))


class _Guide:
    """Follows one answer. `_way`: tokens from here to the form's end, None where it was not looked for or found."""

    def __init__(self, matcher: Any, closing: Closing) -> None:
        self._matcher = matcher
        self._closing = closing
        self._way: list[int] | None = None
        self._unseen = SELDOM

    def allowed(self, vocabulary: int) -> Tensor:
        """As `Guide.allowed`. Raises: EngineError when the form takes too much work here."""
        flags = flags_of(self._matcher)[:vocabulary]
        self._check()
        return torch.from_numpy(np.pad(flags, (0, vocabulary - len(flags))))

    def push(self, id_: int, left: int) -> int:
        """As `Guide.push`. Raises: EngineError for a token that was not allowed."""
        if not self._matcher.validate_tokens([id_]):
            self._matcher.consume_token(id_)  # which tells why
            self._check()
        taken = self._in_time(id_, left)
        self._matcher.consume_token(taken)
        self._check()
        return taken

    @property
    def complete(self) -> bool:
        """As `Guide.complete`."""
        return bool(self._matcher.is_accepting() or self._matcher.is_stopped())

    def fork(self) -> "_Guide":
        """As `Guide.fork`."""
        return _Guide(self._matcher.deep_copy(), self._closing)

    def _in_time(self, id_: int, left: int) -> int:
        """The token, if the form can be ended behind it, else the first on the way to its end from here."""
        self._unseen += 1
        if self._unseen < SELDOM and left > WATCHED + 4 * len(self._way or ()):
            self._way = None  # it is from elsewhere now
            return id_
        self._unseen = 0
        if not self._way:
            self._way = self._closing.way(self._matcher.deep_copy(), left + 1)
        if self._way and self._way[0] == id_:
            self._way = self._way[1:]
            return id_
        ahead = self._matcher.deep_copy()
        ahead.consume_token(id_)
        further = self._closing.way(ahead, left)
        if further is None and self._way:
            id_, further = self._way[0], self._way[1:]
        self._way = further
        return id_

    def _check(self) -> None:
        if self._matcher.is_error():
            raise EngineError(
                f"form: the answer cannot be guided on ({first_line(self._matcher.get_error())}). Give a simpler form."
            )
