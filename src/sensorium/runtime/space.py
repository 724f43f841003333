"""A model that gives places and no answers, as `sensorium.load` gives it."""

from collections.abc import Iterator, Sequence
from typing import Unpack

from sensorium.chat.message import Answer
from sensorium.core.errors import UsageError
from sensorium.runtime.asking import Asking
from sensorium.runtime.embedding import Embedder
from sensorium.runtime.protocol import Chat, Input, Rows, StreamEvent


class SpaceModel:
    """Satisfies `runtime.protocol.Model`."""

    def __init__(self, space: Embedder) -> None:
        """Of what embeds; `space` has all else that it can do: names without training, widths, modalities."""
        self.space = space

    @property
    def name(self) -> str:
        """As written in the catalogue, the folder, or the id of the Hub."""
        return self.space.name

    def __repr__(self) -> str:
        return f"SpaceModel({self.name!r})"

    def ask(self, question: str, *files: Input, **options: Unpack[Asking]) -> Answer:
        """Raises: UsageError, for it only embeds."""
        raise self._no_answers()

    def stream(self, question: str, *files: Input, **options: Unpack[Asking]) -> Iterator[StreamEvent]:
        """Raises: UsageError, for it only embeds."""
        raise self._no_answers()

    def chat(self) -> Chat:
        """Raises: UsageError, for it only embeds."""
        raise self._no_answers()

    def embed(self, *files: Input) -> Rows:
        """Places of files; arguments and errors as `Embedder.embed`. Returns: [width] for one, else [N, width]."""
        return self.space.embed(*files)

    def embed_texts(self, texts: Sequence[str]) -> Rows:
        """Places of texts. Returns: [N, width]. Raises: LimitExceeded for a text that is too long."""
        return self.space.embed_texts(texts)

    def _no_answers(self) -> UsageError:
        return UsageError(
            f"{self.name}: embeds, and does not answer; expected a model that answers. It is for another command: "
            f"sensorium embed --model {self.name}"
        )
