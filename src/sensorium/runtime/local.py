"""A model on this machine: questions and files in, answers out."""

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from time import perf_counter
from typing import Unpack

from sensorium.chat.documents import parts_of
from sensorium.chat.message import Answer, Message, assistant, user
from sensorium.core.errors import EngineError
from sensorium.engine.grammar import Grammars
from sensorium.media.types import Media
from sensorium.runtime.answering import Held, answer, shown
from sensorium.runtime.asking import Asking, grammars_of, read_options
from sensorium.runtime.embedding import Embedder, load_embedder
from sensorium.runtime.parts import Parts
from sensorium.runtime.protocol import Input, Rows, StreamEvent, check_question, no_space


class LocalModel:
    """Satisfies `runtime.protocol.Model`; keeps nothing between calls but its parts."""

    def __init__(self, parts: Parts, *, space: str | None = None) -> None:
        """Of ready parts; `space` names the model that embeds for this one, which is read when it is first needed."""
        self.parts = parts
        self._space = space

    @property
    def name(self) -> str:
        """As written in the catalogue, or the folder's name."""
        return self.parts.name

    def __repr__(self) -> str:
        return f"LocalModel({self.name!r})"

    def ask(self, question: str, *files: Input, **options: Unpack[Asking]) -> Answer:
        """Answer a question about any number of files, shown in their order.

        Args:
            question: in English or Chinese.
            files: paths, bytes, data URIs or decoded media; a PDF is shown page by page, each behind its number.
            options: `max_tokens` of the answer, `temperature` (0 takes the likeliest), `seed`, and all others of
                `Sampling`; `stop`, texts that end it; `form`, what it must look like (`engine.forms.Form`).

        Raises: InputError for a file that cannot be taken, UsageError for a wrong option, ModelError for a failure.
        """
        return self.chat().send(question, *files, **options)

    def stream(self, question: str, *files: Input, **options: Unpack[Asking]) -> Iterator[StreamEvent]:
        """The same, piece by piece; the last event carries the whole `Answer`."""
        return self.chat().stream(question, *files, **options)

    def chat(self) -> "LocalChat":
        """A new talk."""
        return LocalChat(self.parts, lambda: self._grammars)

    def embed(self, *files: Input) -> Rows:
        """Places of files in the space that belongs to the model; arguments and errors as `Embedder.embed`.

        Raises: UsageError for a model that no space belongs to.
        """
        return self._embedder.embed(*files)

    def embed_texts(self, texts: Sequence[str]) -> Rows:
        """The same of texts. Returns: [N, width]."""
        return self._embedder.embed_texts(texts)

    @cached_property
    def _grammars(self) -> Grammars:
        return grammars_of(self.parts.model)

    @cached_property
    def _embedder(self) -> Embedder:
        if self._space is None:
            raise no_space(self.name)
        return load_embedder(self._space)


class LocalChat:
    """A talk. Media and cached keys and values stay, so a further question costs only its own tokens.

    Every answer is that to the talk as it then stands: tokens that the cache has from earlier turns are not taken
    again, the rest is. A turn that fails or is abandoned leaves the talk as it was before.
    """

    def __init__(self, parts: Parts, grammars: Callable[[], Grammars] | None = None) -> None:
        """Begin. Args: grammars: what holds answers to a form; None makes it when one is asked for."""
        self._parts = parts
        self._grammars = grammars or (lambda: grammars_of(parts.model))
        self._messages: list[Message] = []
        self._held = Held()

    def send(self, question: str, *files: Input, **options: Unpack[Asking]) -> Answer:
        """The next answer; arguments and errors as `LocalModel.ask`."""
        for event in self.stream(question, *files, **options):
            if event.answer is not None:
                return event.answer
        raise EngineError("The model gave no answer. Ask again; if it stays so, report it with the question.")

    def stream(self, question: str, *files: Input, **options: Unpack[Asking]) -> Iterator[StreamEvent]:
        """The next answer, piece by piece; the last event carries the whole `Answer`.

        Raises: as `LocalModel.ask`; UsageError when another question was asked before this answer was read to its end.
        """
        began = perf_counter()
        check_question(question)
        wanted = read_options(options)
        limits = self._parts.limits
        parts = [(each,) if isinstance(each, Media) else parts_of(each, limits) for each in files]
        asked, notices = shown([user(*(part for each in parts for part in each), question)], self._parts.model)
        messages = [*self._messages, *asked]
        guide = None if wanted.form is None else self._grammars().guide(wanted.form)
        for event in answer(
            self._parts,
            messages,
            wanted.sampling,
            stops=wanted.stops,
            guide=guide,
            held=self._held,
            notices=notices,
            began=began,
        ):
            if event.answer is not None:
                self._messages = [*messages, assistant(event.answer.text)]
            yield event
