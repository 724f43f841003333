"""Messages: what every protocol, data set and command is translated to and from."""

from dataclasses import dataclass
from typing import Literal

from sensorium.chat.places import Place
from sensorium.media.types import Media

Role = Literal["system", "user", "assistant"]


@dataclass(frozen=True)
class Text:
    """A piece of text. `spelled` text is learnt and written letter by letter (a line that was read, say)."""

    text: str
    spelled: bool = False


Part = Text | Media


@dataclass(frozen=True, eq=False)
class Message:
    """Who says it, and its parts in order."""

    role: Role
    parts: tuple[Part, ...]

    def __repr__(self) -> str:
        parts = (repr(each.text) if isinstance(each, Text) else f"{each.modality} {each.source}" for each in self.parts)
        return f"Message({self.role}: {', '.join(parts)})"

    @property
    def text(self) -> str:
        """The text parts, joined."""
        return "".join(part.text for part in self.parts if isinstance(part, Text))

    @property
    def media(self) -> tuple[Media, ...]:
        """The media parts in order."""
        return tuple(part for part in self.parts if not isinstance(part, Text))


def user(*parts: str | Part) -> Message:
    """A user's message; plain strings become text parts."""
    return Message("user", tuple(Text(part) if isinstance(part, str) else part for part in parts))


def assistant(text: str, *, spelled: bool = False) -> Message:
    """A model's message."""
    return Message("assistant", (Text(text, spelled=spelled),))


@dataclass(frozen=True)
class Usage:
    """Tokens in (feature rows included) and out."""

    prompt_tokens: int
    completion_tokens: int


@dataclass(frozen=True)
class Timings:
    """Seconds: `first_token` from the call to the first token, `total` to the last."""

    first_token: float
    total: float


@dataclass(frozen=True, eq=False)
class Answer(Message):
    """A message of the assistant with what is known about it.

    `confidence` is the estimated chance that the answer is right (calibrated where the model's card says so), None
    where the model gives none. `sure` says whether it may be relied on: False under the model's threshold and where it
    can only be a guess, None where that is not known. `notices` are sentences for the user.
    `places` are the boxes, points and moments that the text names, of the picture or film that was shown last.
    `modality_weights` are the shares, which sum to 1, that the media of each modality had in it, as the model's gates
    say; None where it has none that can be read.
    """

    confidence: float | None = None
    sure: bool | None = None
    model: str = ""
    finish_reason: Literal["stop", "length", "cancelled"] = "stop"
    usage: Usage = Usage(0, 0)
    timings: Timings = Timings(0.0, 0.0)
    notices: tuple[str, ...] = ()
    places: tuple[Place, ...] = ()
    modality_weights: dict[str, float] | None = None

    def __repr__(self) -> str:
        chance = None if self.confidence is None else round(self.confidence, 2)
        return f"Answer({self.text!r}, confidence={chance}, sure={self.sure})"

    def __str__(self) -> str:
        return self.text
