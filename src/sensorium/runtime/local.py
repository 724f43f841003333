"""A model on this machine: questions and files in, answers out."""

from collections.abc import Iterator, Sequence
from functools import cached_property
from time import perf_counter
from typing import Unpack

from sensorium.chat.message import Answer, Message, assistant, user
from sensorium.core.config import from_dict
from sensorium.core.errors import EngineError
from sensorium.engine.sampling import Options, Sampling
from sensorium.media.load import load_media
from sensorium.media.types import Media
from sensorium.runtime.answering import Held, answer, shown
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

    def ask(self, question: str, *files: Input, **options: Unpack[Options]) -> Answer:
        """Answer a question about any number of files, shown in their order.

        Args:
            question: in English or Chinese.
            files: paths, bytes, data URIs or decoded media.
            options: `max_tokens` of the answer, `temperature` (0 takes the likeliest), `seed`.

        Raises: InputError for a file that cannot be taken, UsageError for a wrong option, ModelError for a failure.
        """
        return self.chat().send(question, *files, **options)

    def stream(self, question: str, *files: Input, **options: Unpack[Options]) -> Iterator[StreamEvent]:
        """The same, piece by piece; the last event carries the whole `Answer`."""
        return self.chat().stream(question, *files, **options)

    def chat(self) -> "LocalChat":
        """A new talk."""
        return LocalChat(self.parts)

    def embed(self, *files: Input) -> Rows:
        """Places of files in the space that belongs to the model; arguments and errors as `Embedder.embed`.

        Raises: UsageError for a model that no space belongs to.
        """
        return self._embedder.embed(*files)

    def embed_texts(self, texts: Sequence[str]) -> Rows:
        """The same of texts. Returns: [N, width]."""
        return self._embedder.embed_texts(texts)

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

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._messages: list[Message] = []
        self._held = Held()

    def send(self, question: str, *files: Input, **options: Unpack[Options]) -> Answer:
        """The next answer; arguments and errors as `LocalModel.ask`."""
        for event in self.stream(question, *files, **options):
            if event.answer is not None:
                return event.answer
        raise EngineError("The model gave no answer. Ask again; if it stays so, report it with the question.")

    def stream(self, question: str, *files: Input, **options: Unpack[Options]) -> Iterator[StreamEvent]:
        """The next answer, piece by piece; the last event carries the whole `Answer`.

        Raises: as `LocalModel.ask`; UsageError when another question was asked before this answer was read to its end.
        """
        began = perf_counter()
        check_question(question)
        sampling = from_dict(Sampling, options, where="options")
        limits = self._parts.limits
        media = [each if isinstance(each, Media) else load_media(each, limits=limits) for each in files]
        asked, notices = shown([user(*media, question)], self._parts.model)
        messages = [*self._messages, *asked]
        for event in answer(self._parts, messages, sampling, held=self._held, notices=notices, began=began):
            if event.answer is not None:
                self._messages = [*messages, assistant(event.answer.text)]
            yield event
