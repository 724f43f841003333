"""How Qwen2-Audio hears: a sound of at most 30 s as log-mel, and the chat template that announces it."""

from dataclasses import dataclass
from pathlib import Path

from sensorium.chat.jinja import ChatTemplate
from sensorium.core.errors import LimitExceeded, UnreadableMedia
from sensorium.encoders.audio_whisper import STRIDE
from sensorium.inputs.batching import Item
from sensorium.inputs.mel import HOP, MelSpec, check_samples, log_mel
from sensorium.inputs.refusals import not_taken
from sensorium.inputs.templated import Prepared
from sensorium.media.types import SAMPLE_RATE, AudioClip, Media, VideoClip
from sensorium.models.qwen2_audio.config import POOL, EncoderConfig
from sensorium.weights.checkpoint import read_json

ROW, START, END = "<|AUDIO|>", "<|audio_bos|>", "<|audio_eos|>"
"""The token that stands for one row, and in templates for a sound; and those around it."""

MARKS = {"audio": ROW}

TEMPLATE = (
    "{% set sounds = namespace(count=0) %}{% for message in messages %}"
    "{% if loop.first and message['role'] != 'system' %}"
    "<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n{% endif %}"
    "<|im_start|>{{ message['role'] }}\n{% for part in message['content'] %}"
    "{% if part['type'] == 'text' %}{{ part['text'] }}{% else %}{% set sounds.count = sounds.count + 1 %}"
    f"Audio {{{{ sounds.count }}}}: {START}{ROW}{END}\n"
    "{% endif %}{% endfor %}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
"""ChatML with numbered sounds: what the reference takes where a folder says nothing."""


def mel_of(config: EncoderConfig) -> MelSpec:
    """What an encoder was built to hear."""
    return MelSpec(config.num_mel_bins, STRIDE * config.max_source_positions)


def read_template(folder: Path) -> ChatTemplate:
    """The folder's chat template, or ours where there is none: that of tokenizer_config.json is the language model's.

    Raises: CheckpointError when its file is unreadable or no template.
    """
    processor = folder / "processor_config.json"
    if any((folder / f"chat_template.{kind}").is_file() for kind in ("jinja", "json")) or (
        processor.is_file() and read_json(processor).get("chat_template")
    ):
        return ChatTemplate.from_folder(folder)
    return ChatTemplate(TEMPLATE, where="chat template of Qwen2-Audio")


@dataclass(frozen=True)
class Preparer:
    """Sounds to log-mel, and to as many placeholders as they give rows."""

    mel: MelSpec

    def __call__(self, medium: Media) -> Prepared:
        """The frames that are heard: two to a row of the encoder, and one more that the last of these sees.

        Raises: UnsupportedMedia for what is no sound; LimitExceeded for one that is too long; UnreadableMedia for one
        that is too short for a row, or whose samples are no numbers.
        """
        if not isinstance(medium, AudioClip):
            track = "Give its sound track as a file, or choose another model"
            raise not_taken(medium, "audio", advice=track if isinstance(medium, VideoClip) else None)
        places = self._places(medium)
        mel, _ = log_mel(medium.samples, self.mel)
        features = mel[:, : STRIDE * places + 1].contiguous().numpy()  # [M, frames]
        rows = places // POOL
        return Prepared(Item("audio", features, rows), ROW * rows)

    def _places(self, clip: AudioClip) -> int:
        """Rows of the encoder that are sound, and not the silence behind it."""
        check_samples(clip.samples, clip.source)
        if len(clip.samples) > self.mel.samples:
            raise LimitExceeded(
                f"{clip.source}: {clip.seconds:.2f} s of sound is more than the {self.mel.samples / SAMPLE_RATE:g} s "
                "this model hears. Cut out the part that matters, or cut it into pieces and ask about each."
            )
        frames = -(-len(clip.samples) // HOP)
        places = -(-frames // STRIDE)
        if places < POOL:
            least = STRIDE * (POOL - 1) * HOP
            raise UnreadableMedia(
                f"{clip.source}: got {len(clip.samples)} samples of sound; expected more than {least}, or "
                f"{1000 * least // SAMPLE_RATE} ms, to make a row of. Give a longer sound."
            )
        return places
