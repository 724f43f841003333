"""The layout of the cache is that of the Hub's own tools."""

import hashlib
import os
from pathlib import Path

import pytest
from huggingface_hub import scan_cache_dir, try_to_load_from_cache

from sensorium.weights.hub_cache import HubFile, RepoCache

COMMIT = "0123456789abcdef0123456789abcdef01234567"
DATA = b"some text"
FILE = HubFile("config.json", len(DATA), hashlib.sha1(b"blob 9\0" + DATA).hexdigest())


@pytest.fixture
def repo(tmp_path: Path) -> RepoCache:
    repo = RepoCache(tmp_path / "hub", "org/tiny")
    repo.blob(FILE).parent.mkdir(parents=True)
    repo.blob(FILE).write_bytes(DATA)
    return repo


def test_the_hubs_tools_find_what_was_put_there(repo: RepoCache) -> None:
    repo.link(COMMIT, FILE)
    repo.finish("refs/pr/1", COMMIT, [FILE])
    found = try_to_load_from_cache("org/tiny", "config.json", cache_dir=repo.root, revision="refs/pr/1")
    assert found == str(repo.snapshot(COMMIT) / "config.json")
    info = scan_cache_dir(repo.root)
    assert [str(each) for each in info.warnings] == []
    (listed,) = info.repos
    assert (listed.repo_id, [each.commit_hash for each in listed.revisions]) == ("org/tiny", [COMMIT])


def test_a_revision_is_a_commit_or_what_was_recorded(repo: RepoCache) -> None:
    assert repo.commit(COMMIT) == COMMIT
    assert repo.commit("main") is None
    repo.finish("main", COMMIT, [])
    assert repo.commit("main") == COMMIT
    (repo.snapshot(COMMIT).parents[1] / "refs" / "main").write_text("../..")
    assert repo.commit("main") is None


def test_complete_means_that_every_listed_file_is_there(repo: RepoCache) -> None:
    assert not repo.is_complete(COMMIT)
    repo.link(COMMIT, FILE)
    repo.finish("main", COMMIT, [FILE])
    assert repo.is_complete(COMMIT)
    repo.blob(FILE).unlink()
    assert not repo.is_complete(COMMIT)
    repo.blob(FILE).write_bytes(DATA[:-1])
    assert not repo.is_complete(COMMIT)
    assert not repo.has(COMMIT, FILE)
    repo.blob(FILE).write_bytes(DATA)
    (repo.snapshot(COMMIT) / "config.json").unlink()
    assert not repo.is_complete(COMMIT)
    repo.link(COMMIT, FILE)
    repo.link(COMMIT, FILE)
    assert repo.is_complete(COMMIT)


def test_without_links_files_are_copied(repo: RepoCache, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError("no links here")

    monkeypatch.setattr(os, "symlink", refuse)
    repo.link(COMMIT, FILE)
    pointer = repo.snapshot(COMMIT) / "config.json"
    assert (pointer.is_symlink(), pointer.read_bytes()) == (False, DATA)
    assert [path.name for path in pointer.parent.iterdir()] == ["config.json"]


@pytest.mark.parametrize("data", [b"", b"x" * 3_000_000])
def test_both_kinds_of_hashes(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "a"
    path.write_bytes(data)
    small = HubFile("a", len(data), hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest())
    large = HubFile("a", len(data), hashlib.sha256(data).hexdigest())
    assert small.matches(path)
    assert large.matches(path)
    path.write_bytes(data + b"!")
    assert not small.matches(path)
    assert not large.matches(path)
