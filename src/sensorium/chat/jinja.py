"""Chat templates of open checkpoints: messages to the text that the model was trained on.

A template is a program of whoever made the checkpoint; it runs in a sandbox (chat/sandbox.py). It gets what the
reference gives it: messages as tables with "role" and "content", which is a list of parts or a string, whichever it
can take; `add_generation_prompt`; the names of special tokens; and whatever else the caller says.

What users write never becomes a special token. The template is rendered twice, once as it is and once with marks in
the users' texts, which tell afterwards where in the text a special token may stand (`Prompt.open`).
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from sensorium.chat.hub_tokenizer import Prompt
from sensorium.chat.message import Message, Role, Text
from sensorium.chat.sandbox import Program, TemplateLimits
from sensorium.chat.tokenizer import check_text
from sensorium.core.errors import CheckpointError, ConfigError, LimitExceeded, SensoriumError, UnsupportedMedia
from sensorium.weights.folder import read_json


class Marks:
    """Marks that go into users' texts before a template is rendered, and are read out of what it gives.

    A wall stands before and behind each text, within its white space, so that a template may trim it; no special token
    reaches across. A bar stands before every letter of a special token that a text spells. Both are halves of
    characters, which no text contains. Letters of either case are meant, as some tokenizers make no difference. Not
    covered: a template that itself makes a special token of other letters (`replace`) means to.
    """

    WALL, BAR = "\ud800", "\ud801"
    _READ = re.compile(f"{WALL}|{BAR}(.?)", re.DOTALL)

    def __init__(self, control: Iterable[str]) -> None:
        """Args: control: the spellings that users may not write."""
        self._control = tuple(filter(None, control))
        longest_first = sorted(self._control, key=len, reverse=True)
        self._spelling = re.compile("|".join(map(re.escape, longest_first)) or "(?!)", re.IGNORECASE)

    def write(self, text: str) -> str:
        """The text with marks."""
        core = text.strip()
        if not core:
            return text
        start = text.index(core[0])
        barred = self._spelling.sub(lambda found: "".join(self.BAR + letter for letter in found[0]), core)
        return text[:start] + self.WALL + barred + self.WALL + text[start + len(core) :]

    def read(self, marked: str) -> Prompt:
        """What a template made of marked texts, without the marks."""
        pieces: list[str] = []
        spans: list[tuple[int, int]] = []
        at, length = 0, 0
        for mark in self._READ.finditer(marked):
            pieces += [marked[at : mark.start()], mark[1] or ""]
            opened, length = length, length + mark.start() - at
            spans.append((opened, length))
            length += len(mark[1] or "")
            at = mark.end()
        spans.append((length, length + len(marked) - at))
        return Prompt("".join([*pieces, marked[at:]]), tuple(span for span in spans if span[0] < span[1]))

    def spelled(self, texts: Iterable[str]) -> bool:
        """Whether the texts could spell a special token, put together in whatever way a template trims and joins."""
        said = "".join("".join(texts).split()).casefold()
        letters = ("".join(token.split()).casefold() for token in self._control)
        return any(each in said for each in letters if each)


_PROBE = "Pr0be"


class ChatTemplate:
    """One template, compiled."""

    def __init__(
        self,
        source: str,
        *,
        where: str = "chat template",
        limits: TemplateLimits | None = None,
        now: Callable[[], datetime] = datetime.now,
    ) -> None:
        """Compile. Args: source: its text; where: its file, for messages; now: the time that it may ask for.

        Raises: CheckpointError when it is too long or no template.
        """
        self.source = source
        self._limits = limits or TemplateLimits()
        self._program = Program(source, where=where, limits=self._limits, now=now)
        self._forms: dict[Role, bool] = {}

    @classmethod
    def from_folder(cls, folder: Path, *, name: str = "default") -> "ChatTemplate":
        """The template of a checkpoint: of several, the one called `name`.

        Looked for in chat_template.jinja, chat_templates/NAME.jinja, chat_template.json, and under "chat_template" in
        processor_config.json and tokenizer_config.json. (The reference's processors prefer the older .json to the
        .jinja; where both exist and differ, the newer one is right.)

        Raises: CheckpointError when there is none, or its file is unreadable.
        """
        file = folder / ("chat_template.jinja" if name == "default" else f"chat_templates/{name}.jinja")
        if file.is_file():
            return cls(_read_text(file, TemplateLimits.source), where=str(file))
        for file in (folder / f"{each}.json" for each in ("chat_template", "processor_config", "tokenizer_config")):
            match read_json(file).get("chat_template") if file.is_file() else None:
                case str(source) if name == "default":
                    return cls(source, where=str(file))
                case {**named} if isinstance(named.get(name), str):
                    return cls(str(named[name]), where=str(file))
                case [*listed]:
                    for each in listed:
                        if isinstance(each, dict) and each.get("name") == name:
                            return cls(str(each.get("template")), where=str(file))
        raise CheckpointError(
            f"{folder}: there is no chat template '{name}'; expected chat_template.jinja or one in "
            "tokenizer_config.json. This model may be no chat model: choose another one."
        )

    def render(
        self,
        messages: Sequence[Message],
        *,
        ask: bool,
        control: Iterable[str] = (),
        variables: Mapping[str, object] | None = None,
        stand_ins: Mapping[str, str] | None = None,
    ) -> Prompt:
        """The text of a talk.

        Args:
            messages: in order; a film counts as one medium, with or without sound.
            ask: end with the invitation to answer.
            control: spellings of the tokens that users may not write.
            variables: what else the template sees ("bos_token"); plain data only.
            stand_ins: per modality what stands for a medium where the template takes strings.

        Raises: UnsupportedMedia for a medium where the template takes strings and there is no stand-in; InputError
        when the template refuses the talk; LimitExceeded for texts that are too long; UnreadableMedia for text that
        is not Unicode; CheckpointError when the template fails or goes beyond its bounds.
        """
        texts = [part.text for message in messages for part in message.parts if isinstance(part, Text)]
        length = sum(map(len, texts))
        if length > self._limits.output:
            raise LimitExceeded(
                f"talk: {length} characters of text; a chat template takes at most {self._limits.output}. Say less."
            )
        for each in texts:
            check_text(each)
        data = _plain(variables or {})
        places = stand_ins or {}
        text = self._run(self._dicts(messages, data, places, str), ask, data)
        marks = Marks(control)
        marked = marks.read(self._run(self._dicts(messages, data, places, marks.write), ask, data))
        if marked.text == text or marks.spelled(texts):
            return marked
        return Prompt(text, ((0, len(text)),))  # the template looks into the texts, which hold nothing to fear

    def _dicts(
        self, messages: Sequence[Message], data: dict[str, Any], places: Mapping[str, str], write: Callable[[str], str]
    ) -> list[dict[str, Any]]:
        """Messages in the form that the template expects, texts passed through `write`."""
        made: list[dict[str, Any]] = []
        for message in messages:
            takes_parts = self._takes_parts(message.role, data)
            parts: list[dict[str, str]] = []
            for part in message.parts:
                if isinstance(part, Text):
                    parts.append({"type": "text", "text": write(part.text)})
                elif part.modality == "document" or not (takes_parts or part.modality in places):
                    raise UnsupportedMedia(
                        f"{part.source}: the chat template of this model has no place for a medium of type "
                        f"{part.modality}. Say it in words, or choose another model (sensorium models)."
                    )
                elif takes_parts:
                    # Some templates look for the key and not for the type.
                    parts.append({"type": part.modality, part.modality: ""})
                else:
                    parts.append({"type": "text", "text": places[part.modality]})
            parts = parts or [{"type": "text", "text": ""}]  # templates look at the first
            content = parts if takes_parts else "".join(part["text"] for part in parts)
            made.append({"role": message.role, "content": content})
        return made

    def _takes_parts(self, role: Role, data: dict[str, Any]) -> bool:
        """Whether a message of that role has a list of parts as content, else a string: found out by trying.

        The reference has its callers know; it gives lists to whatever has a processor.
        """
        if role not in self._forms:
            before = [self._probe("user", self._takes_parts("user", data), "Hello")] if role == "assistant" else []
            after = [self._probe("user", self._takes_parts("user", data), "Hello")] if role == "system" else []
            found = {}
            for parts in (True, False):
                try:
                    found[parts] = self._run([*before, self._probe(role, parts, _PROBE), *after], False, data)
                except SensoriumError:
                    found[parts] = ""
            as_parts = _PROBE in found[True] and not re.search(r"""["']type["']""", found[True])
            guess = self._forms.get("user", '"type"' in self.source or "'type'" in self.source)
            self._forms[role] = as_parts or (_PROBE not in found[False] and guess)
        return self._forms[role]

    @staticmethod
    def _probe(role: Role, parts: bool, text: str) -> dict[str, Any]:
        return {"role": role, "content": [{"type": "text", "text": text}] if parts else text}

    def _run(self, messages: list[dict[str, Any]], ask: bool, data: dict[str, Any]) -> str:
        given = {"tools": None, "documents": None, **data, "messages": messages, "add_generation_prompt": ask}
        return self._program.run(given)


def _plain(value: Any) -> Any:
    """A copy made of plain data alone. Raises: ConfigError for anything else, whose methods a template could call."""
    match value:
        case None:
            return None
        case bool() | int() | float() | str() if type(value) in (bool, int, float, str):
            return value
        case {**table}:
            return {str(key): _plain(each) for key, each in table.items()}
        case [*listed]:
            return [_plain(each) for each in listed]
        case _:
            raise ConfigError(
                f"chat template: got a variable of type {type(value).__name__}; expected text, numbers, lists and "
                "tables. Convert it."
            )


def _read_text(path: Path, most: int) -> str:
    """At most one character more than a template may have."""
    try:
        with path.open(encoding="utf-8") as file:
            return file.read(most + 1)
    except (OSError, UnicodeDecodeError) as error:
        raise CheckpointError(f"{path}: not a readable template ({error}). Fetch the model again.") from error
