"""A model on a server, asked as one on this machine is."""

import os
from collections.abc import Iterator, Sequence
from time import perf_counter
from typing import Any, Literal, Unpack

from sensorium.chat.message import Answer, Message, Text, Timings, Usage, assistant, user
from sensorium.core.errors import EngineError, UsageError
from sensorium.media.limits import Limits
from sensorium.media.load import load_media
from sensorium.media.types import Media
from sensorium.runtime.asking import Asking, read_options
from sensorium.runtime.hosted.address import read_address
from sensorium.runtime.hosted.client import KEY, Client
from sensorium.runtime.hosted.payload import to_body
from sensorium.runtime.protocol import Input, Rows, StreamEvent, check_question, no_space

NOTICE = "{name} answers, on {url}: question and media were sent there. How sure it is has not been measured."


class HostedModel:
    """Satisfies `runtime.protocol.Model`."""

    def __init__(self, client: Client, model: str, *, limits: Limits | None = None) -> None:
        self.name = model
        self._client = client
        self._limits = limits or Limits()

    def __repr__(self) -> str:
        return f"HostedModel({self.name!r}, {self._client.url!r})"

    def ask(self, question: str, *files: Input, **options: Unpack[Asking]) -> Answer:
        """Answer a question about files, shown in their order; arguments as `LocalModel.ask`, without PDFs.

        Raises: InputError for a file that cannot be taken or that the server refuses, UsageError for a wrong option,
        EngineError when the server cannot be reached or fails.
        """
        return self.chat().send(question, *files, **options)

    def stream(self, question: str, *files: Input, **options: Unpack[Asking]) -> Iterator[StreamEvent]:
        """The same, piece by piece; the last event carries the whole `Answer`."""
        return self.chat().stream(question, *files, **options)

    def chat(self) -> "HostedChat":
        """A new talk."""
        return HostedChat(self._client, self.name, self._limits)

    def embed(self, *files: Input) -> Rows:
        """Raises: UsageError, for it only answers."""
        raise no_space(self.name)

    def embed_texts(self, texts: Sequence[str]) -> Rows:
        """Raises: UsageError, for it only answers."""
        raise no_space(self.name)


class HostedChat:
    """A talk, sent whole with each turn. A turn that fails or is abandoned leaves it as it was before."""

    def __init__(self, client: Client, model: str, limits: Limits) -> None:
        self._client = client
        self._model = model
        self._limits = limits
        self._messages: list[Message] = []

    def send(self, question: str, *files: Input, **options: Unpack[Asking]) -> Answer:
        """The next answer; arguments and errors as `HostedModel.ask`."""
        answers = [event.answer for event in self.stream(question, *files, **options) if event.answer is not None]
        return answers[-1]

    def stream(self, question: str, *files: Input, **options: Unpack[Asking]) -> Iterator[StreamEvent]:
        """The next answer, piece by piece; the last event carries the whole `Answer`."""
        began = perf_counter()
        check_question(question)
        asked = read_options(options)
        media = [each if isinstance(each, Media) else load_media(each, limits=self._limits) for each in files]
        messages = [*self._messages, user(*media, question)]
        text, first_token = "", 0.0
        finish, usage = "", Usage(0, 0)
        for chunk in self._client.stream(to_body(self._model, messages, asked)):
            usage = _usage(chunk) or usage
            for choice in chunk["choices"]:
                finish = choice.get("finish_reason") or finish
                piece = choice["delta"].get("content") or ""
                text += piece
                if piece:
                    first_token = first_token or perf_counter() - began
                    yield StreamEvent(piece)
        answer = Answer(
            "assistant",
            (Text(text),),
            model=self._model,
            finish_reason=self._reason(finish),
            usage=usage,
            timings=Timings(first_token, perf_counter() - began),
            notices=self._notices(media),
        )
        self._messages = [*messages, assistant(text)]
        yield StreamEvent("", answer)

    def _reason(self, finish: str) -> Literal["stop", "length"]:
        if finish == "stop":
            return "stop"
        if finish == "length":
            return "length"
        raise EngineError(
            f"{self._client.url}: the answer ended for the reason '{finish}'; expected 'stop' or 'length'. "
            "Ask otherwise."
        )

    def _notices(self, media: list[Media]) -> tuple[str, ...]:
        told = [notice for medium in media for notice in medium.notices]
        first = [] if self._messages else [NOTICE.format(name=self._model, url=self._client.url)]
        return (*told, *first)


def _usage(chunk: dict[str, Any]) -> Usage | None:
    counts = chunk.get("usage")
    return Usage(int(counts["prompt_tokens"]), int(counts["completion_tokens"])) if counts else None


def load_hosted(name: str) -> HostedModel:
    """A model at an address such as "vllm://localhost:8000/org/name"; the only one served there without "/org/name".

    The key of the server, if it wants one, is read from the environment: SENSORIUM_ENGINE_KEY.

    Raises: UsageError for another address, or where several models are served and none is named; EngineError where no
    server answers; MissingPackage without the extra `hosted`.
    """
    address = read_address(name)
    client = Client(address.url, key=os.environ.get(KEY, ""))
    if address.model:
        return HostedModel(client, address.model)
    served = client.models()
    if len(served) != 1:
        raise UsageError(
            f"{name}: {len(served)} models are served there ({', '.join(served[:8])}); expected one. Put its name "
            f"behind the address: {name.rstrip('/')}/{served[0] if served else 'NAME'}."
        )
    return HostedModel(client, served[0])
