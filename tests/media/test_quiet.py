"""Decoders stay quiet while pictures are read, and only then."""

import threading
import warnings

import pytest
from tests.odd_pictures import encoded, gradient

from sensorium.media.load import load_media
from sensorium.media.quiet import quiet_decoders


def test_warnings_are_silent_inside_and_restored_after() -> None:
    before = list(warnings.filters)
    inside, leave = threading.Event(), threading.Event()

    def other() -> None:
        with quiet_decoders():
            inside.set()
            leave.wait(5)

    thread = threading.Thread(target=other)
    thread.start()
    inside.wait(5)
    with quiet_decoders():
        warnings.warn("odd file", stacklevel=1)
    leave.set()
    thread.join()
    assert list(warnings.filters) == before


def test_libtiff_prints_nothing_about_damage(capfd: pytest.CaptureFixture[str]) -> None:
    data = bytearray(encoded(gradient(200, 200, "1"), "TIFF", compression="group4"))
    data[60:400] = b"\xaa" * 340
    assert load_media(bytes(data)).modality == "image"
    assert capfd.readouterr() == ("", "")
