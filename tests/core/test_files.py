import hashlib
import json
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from sensorium.core.errors import CheckpointError
from sensorium.core.files import MANIFEST, sha256_file, verify_manifest, write_atomic, write_manifest


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    """A folder of two files, one of them in a folder of its own, with its manifest."""
    (tmp_path / "parts").mkdir()
    (tmp_path / "config.json").write_bytes(b"{}")
    (tmp_path / "parts" / "a.safetensors").write_bytes(b"weights")
    write_manifest(tmp_path, ["parts/a.safetensors", "config.json"])
    return tmp_path


class TestWriteAtomic:
    def test_writes_and_replaces(self, tmp_path: Path) -> None:
        path = tmp_path / "file.bin"
        write_atomic(path, b"old")
        write_atomic(path, b"new")
        assert path.read_bytes() == b"new"
        assert list(tmp_path.iterdir()) == [path]

    def test_mode_follows_the_umask(self, tmp_path: Path) -> None:
        before = os.umask(0o027)
        try:
            write_atomic(tmp_path / "file", b"")
        finally:
            os.umask(before)
        assert (tmp_path / "file").stat().st_mode & 0o777 == 0o640

    def test_a_failure_keeps_the_old_file_and_leaves_nothing(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = tmp_path / "file"
        write_atomic(path, b"old")

        def full(handle: int) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space left"):
            write_atomic(path, b"new")
        assert path.read_bytes() == b"old"
        assert list(tmp_path.iterdir()) == [path]

    def test_a_missing_folder_is_an_error(self, tmp_path: Path) -> None:
        with pytest.raises(FileNotFoundError):
            write_atomic(tmp_path / "nowhere" / "file", b"")

    def test_the_file_and_its_folder_reach_the_disk_around_the_rename(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        steps: list[str] = []
        fsync, replace = os.fsync, os.replace

        def seen_fsync(handle: int) -> None:
            steps.append("folder" if stat.S_ISDIR(os.fstat(handle).st_mode) else "file")
            fsync(handle)

        def seen_replace(source: Path, target: Path) -> None:
            steps.append("rename")
            replace(source, target)

        monkeypatch.setattr(os, "fsync", seen_fsync)
        monkeypatch.setattr(os, "replace", seen_replace)
        write_atomic(tmp_path / "file", b"data")
        assert steps == ["file", "rename", "folder"]


def test_sha256_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"abc" * 100_000)
    assert sha256_file(tmp_path / "file") == hashlib.sha256(b"abc" * 100_000).hexdigest()


class TestManifest:
    def test_an_intact_folder_passes_and_gives_the_hashes(self, checkpoint: Path) -> None:
        assert verify_manifest(checkpoint) == {
            "config.json": hashlib.sha256(b"{}").hexdigest(),
            "parts/a.safetensors": hashlib.sha256(b"weights").hexdigest(),
        }

    def test_what_tools_hide_beside_the_files_is_ignored(self, checkpoint: Path) -> None:
        (checkpoint / ".cache").mkdir()
        (checkpoint / ".cache" / "download").touch()
        (checkpoint / ".DS_Store").touch()
        verify_manifest(checkpoint)

    @pytest.mark.parametrize(
        ("damage", "message"),
        [
            (lambda root: (root / "config.json").unlink(), "'config.json' is listed .* but missing"),
            (lambda root: (root / "config.json").write_bytes(b"[]"), "content of 'config.json' does not have the SHA"),
            (lambda root: (root / "parts/a.safetensors").write_bytes(b"w"), "'parts/a.safetensors' has 1 bytes; .* 7"),
            (lambda root: (root / "parts/b.bin").touch(), "'parts/b.bin' is not listed"),
            (lambda root: (root / MANIFEST).unlink(), "there is no manifest.json"),
        ],
    )
    def test_damage_is_named(self, checkpoint: Path, damage: Callable[[Path], object], message: str) -> None:
        damage(checkpoint)
        with pytest.raises(CheckpointError, match=message):
            verify_manifest(checkpoint)

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "[]",
            "{",
            '"\\ud800',
            "[" * 100_000,
            " " * (1 << 20) + "{}",
            '{"version": 2, "files": {}}',
            '{"version": 1, "files": {"config.json": "9f86"}}',
        ],
        ids=["empty", "list", "cut", "surrogate", "deep", "long", "version", "entry"],
    )
    def test_an_unusable_manifest_is_refused(self, checkpoint: Path, text: str) -> None:
        (checkpoint / MANIFEST).write_text(text)
        with pytest.raises(CheckpointError, match=r"manifest\.json: is not a manifest"):
            verify_manifest(checkpoint)

    @pytest.mark.parametrize(
        "name", ["../secret", "/etc/passwd", "a/../../b", "./config.json", "", ".", MANIFEST, "a\0b"]
    )
    def test_a_name_may_not_leave_the_folder(self, checkpoint: Path, name: str) -> None:
        with pytest.raises(CheckpointError, match="cannot be listed"):
            write_manifest(checkpoint, [name])
        listing = {
            "version": 1,
            "files": {"config.json": {"size": 2, "sha256": sha256_file(checkpoint / "config.json")}},
        }
        listing["files"] |= {name: {"size": 1, "sha256": "0"}}  # type: ignore[operator]
        (checkpoint / "parts" / "a.safetensors").unlink()
        (checkpoint / MANIFEST).write_text(json.dumps(listing))
        with pytest.raises(CheckpointError, match="cannot be listed"):
            verify_manifest(checkpoint)

    def test_listing_a_file_that_is_not_there_is_an_error(self, tmp_path: Path) -> None:
        with pytest.raises(CheckpointError, match=r"'model\.safetensors' is to be listed but is no file"):
            write_manifest(tmp_path, ["model.safetensors"])
