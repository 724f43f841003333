"""The second wall: even a demuxer that follows references gets nothing but its own bytes."""

import io
from pathlib import Path

import pytest
from tests.odd_streams import pcm, tone, wav

from sensorium.core.errors import LimitExceeded, UnreadableMedia
from sensorium.media.container import open_container, read_packets
from sensorium.media.limits import Limits
from sensorium.media.sniff import Format, sniff


@pytest.mark.parametrize(
    ("demuxer", "text"),
    [
        ("hls", "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{path}\n#EXT-X-ENDLIST\n"),
        ("concat", "ffconcat version 1.0\nfile '{path}'\n"),
        ("dash", "<MPD><Period><AdaptationSet><Representation><BaseURL>{path}</BaseURL></Representation>"),
    ],
)
def test_a_list_of_other_files_opens_none(tmp_path: Path, demuxer: str, text: str) -> None:
    canary = tmp_path / "canary.wav"
    canary.write_bytes(wav(pcm(tone())))
    data = text.format(path=canary.as_posix()).encode()
    with (
        pytest.raises(UnreadableMedia, match="list: damaged or incomplete"),
        open_container(data, Format("list", "av", demuxer), "list", Limits()) as container,
    ):
        next(container.demux())


def test_packets_are_counted() -> None:
    data = wav(pcm(tone(5)))
    with open_container(data, sniff(data), "s", Limits()) as container:
        stream = container.streams.audio[0]
        assert sum(packet.size for packet in read_packets(container, stream, "s", Limits())) == 160_000
    with (
        pytest.raises(LimitExceeded, match="s: over 3 packets"),
        open_container(data, sniff(data), "s", Limits()) as container,
    ):
        list(read_packets(container, container.streams.audio[0], "s", Limits(packets=3)))


def test_a_file_is_read_when_it_is_needed() -> None:
    file = io.BytesIO(wav(pcm(tone(60))))
    with open_container(file, sniff(file.getvalue()), "s", Limits()) as container:
        packets = read_packets(container, container.streams.audio[0], "s", Limits())
        assert next(packets).size > 0
        assert file.tell() < 200_000
