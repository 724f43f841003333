"""Models come from the Hub into the cache once, whole and checked; whatever is in the way is said."""

import errno
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from huggingface_hub import constants
from safetensors.torch import save
from tests.weights.fake_hub import FakeHub

from sensorium.core.errors import CheckpointError, ModelError, UsageError
from sensorium.weights import hub
from sensorium.weights.checkpoint import INDEX, SINGLE, Checkpoint
from sensorium.weights.hub import is_cached, is_hub_name, resolve

WEIGHTS = save({"a": torch.arange(5000)})
SMALL = {"config.json": b"{}", "tokenizer.json": b'{"x": 1}', "merges.txt": b"a b", "chat_template.jinja": b"{{ x }}"}
FILES = SMALL | {
    SINGLE: WEIGHTS,
    "pytorch_model.bin": b"\x80 never fetched",
    "modeling_tiny.py": b"never run",
    "README.md": b"# tiny",
    "onnx/model.safetensors": b"not at the top",
    "other.safetensors": b"not the weights",
}


def test_a_whole_model_is_fetched_and_nothing_else(fake_hub: FakeHub) -> None:
    commit = fake_hub.commit(FILES)
    seen: list[tuple[str, int, int]] = []
    folder = resolve("org/tiny", progress=lambda *each: seen.append(each))
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == SMALL | {SINGLE: WEIGHTS}
    assert folder.name == commit
    assert torch.equal(Checkpoint.open(folder).tensor("a"), torch.arange(5000))
    total = len(WEIGHTS) + sum(map(len, SMALL.values()))
    assert seen[-1] == ("", total, total)
    done = [each for _, each, _ in seen]
    assert done == sorted(done)
    assert {name for name, _, _ in seen} == {"", SINGLE, *SMALL}
    assert fake_hub.downloads()[-1] == SINGLE  # so that a snapshot with weights lacks nothing


def test_what_is_there_is_not_asked_for_again(fake_hub: FakeHub) -> None:
    fake_hub.commit(FILES)
    assert not is_cached("org/tiny")
    folder = resolve("org/tiny")
    fake_hub.requests.clear()
    assert is_cached("org/tiny")
    fake_hub.commit(FILES | {"config.json": b'{"new": 1}'})
    assert resolve("org/tiny") == folder
    assert fake_hub.requests == []


def test_of_sharded_weights_only_those_of_the_index_are_fetched(fake_hub: FakeHub) -> None:
    shards = {f"model-0000{i}-of-00002.safetensors": save({f"t{i}": torch.ones(i)}) for i in (1, 2)}
    index = {"weight_map": {f"t{i}": name for i, name in enumerate(shards, 1)}}
    files = SMALL | shards | {INDEX: json.dumps(index).encode(), "consolidated.safetensors": WEIGHTS}
    fake_hub.commit(files)
    totals: set[int] = set()
    folder = resolve("org/tiny", progress=lambda name, done, total: totals.add(total))
    assert {path.name for path in folder.iterdir()} == {*SMALL, *shards, INDEX}
    assert totals == {sum(len(data) for name, data in files.items() if name != "consolidated.safetensors")}
    assert sorted(Checkpoint.open(folder).names) == ["t1", "t2"]
    fake_hub.commit({name: data for name, data in files.items() if "00002-of" not in name}, "less")
    with pytest.raises(CheckpointError, match=r"names model-00002-of-00002\.safetensors, which it does not have"):
        resolve("org/tiny@less")


def test_a_broken_connection_is_taken_up_where_it_broke(fake_hub: FakeHub) -> None:
    fake_hub.commit(FILES)
    fake_hub.cuts = [1000, 0, 0, 500]
    folder = resolve("org/tiny")
    assert (folder / SINGLE).read_bytes() == WEIGHTS
    assert fake_hub.downloads()[4:] == [SINGLE, *[f"{SINGLE}@1000"] * 3, f"{SINGLE}@1500"]


def test_a_connection_that_gives_nothing_any_more_ends_the_attempts(fake_hub: FakeHub) -> None:
    fake_hub.commit(FILES)
    fake_hub.cuts = [1000] + [0] * 5
    with pytest.raises(ModelError, match="cannot be reached"):
        resolve("org/tiny")
    fake_hub.requests.clear()
    assert (resolve("org/tiny") / SINGLE).read_bytes() == WEIGHTS
    assert fake_hub.downloads() == [f"{SINGLE}@1000"]


def test_an_interrupted_download_goes_on_another_time(fake_hub: FakeHub, cache: Path) -> None:
    fake_hub.commit(FILES)
    fake_hub.cuts = [3000]

    def stop(name: str, done: int, total: int) -> None:
        if done >= 3000:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        resolve("org/tiny", progress=stop)
    assert list(cache.rglob(SINGLE)) == []
    fake_hub.requests.clear()
    assert (resolve("org/tiny") / SINGLE).read_bytes() == WEIGHTS
    assert fake_hub.downloads() == [f"{SINGLE}@3000"]


def test_a_server_that_cannot_go_on_begins_anew(fake_hub: FakeHub) -> None:
    fake_hub.commit(FILES)
    fake_hub.cuts, fake_hub.ranges = [3000], False
    assert (resolve("org/tiny") / SINGLE).read_bytes() == WEIGHTS


@pytest.mark.parametrize("left", [b"another beginning", b"x" * 100_000])
def test_what_another_program_left_is_replaced(fake_hub: FakeHub, cache: Path, left: bytes) -> None:
    fake_hub.commit(FILES)
    fake_hub.cuts = [3000] + [0] * 5
    with pytest.raises(ModelError):
        resolve("org/tiny")
    (partial,) = cache.rglob("*.incomplete")
    partial.write_bytes(left)
    assert (resolve("org/tiny") / SINGLE).read_bytes() == WEIGHTS


def test_content_without_its_hash_is_not_kept(fake_hub: FakeHub, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_hub.commit(FILES)
    give = fake_hub._give
    monkeypatch.setattr(fake_hub, "_give", lambda handler, data, start: give(handler, data[:-1] + b"!", start))
    with pytest.raises(CheckpointError, match=r"config\.json does not have the hash that the Hub lists"):
        resolve("org/tiny")
    assert [path for path in cache.rglob("*") if path.is_file() and path.suffix != ".lock"] == []


def test_more_than_was_listed_is_not_read(fake_hub: FakeHub, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_hub.commit(FILES)
    give = fake_hub._give
    monkeypatch.setattr(fake_hub, "_give", lambda handler, data, start: give(handler, data + bytes(1 << 24), start))
    seen: list[int] = []
    with pytest.raises(CheckpointError, match="hash"):
        resolve("org/tiny", progress=lambda _, done, total: seen.append(done))
    assert max(seen) <= len(b"".join(SMALL.values())) + len(WEIGHTS)


def test_a_file_that_was_damaged_in_the_cache_is_fetched_again(fake_hub: FakeHub) -> None:
    fake_hub.commit(FILES)
    path = resolve("org/tiny") / SINGLE
    path.resolve().write_bytes(WEIGHTS[:-1])
    fake_hub.requests.clear()
    assert (resolve("org/tiny") / SINGLE).read_bytes() == WEIGHTS
    assert fake_hub.downloads() == [SINGLE]


def test_revisions_are_kept_apart(fake_hub: FakeHub, cache: Path) -> None:
    old = fake_hub.commit(FILES | {"config.json": b'{"old": 1}'}, "v1.0")
    new = fake_hub.commit(FILES)
    assert resolve("org/tiny").name == new
    assert resolve("org/tiny@v1.0").name == resolve("org/tiny", revision="v1.0").name == old
    assert (resolve("org/tiny@v1.0") / "config.json").read_bytes() == b'{"old": 1}'
    fake_hub.commit(FILES, "refs/pr/1")
    assert resolve("org/tiny@refs/pr/1").name == new
    fake_hub.requests.clear()
    assert resolve(f"org/tiny@{old}").name == old
    assert fake_hub.requests == []
    shutil.rmtree(cache / "models--org--tiny" / "snapshots" / old)
    assert (resolve(f"org/tiny@{old}") / "config.json").read_bytes() == b'{"old": 1}'
    assert fake_hub.downloads() == []  # the content was still there


def test_offline_takes_what_is_there_and_says_what_is_not(
    fake_hub: FakeHub, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_hub.commit(FILES)
    folder = resolve("org/tiny")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    fake_hub.requests.clear()
    assert resolve("org/tiny") == folder
    for name in ("org/other", "org/tiny@v2"):
        with pytest.raises(ModelError, match=r"not in the cache .*hub\).* offline mode is on \(HF_HUB_OFFLINE\)"):
            resolve(name)
    assert fake_hub.requests == []


def foreign(cache: Path, commit: str, files: dict[str, bytes]) -> None:
    """A snapshot as another tool leaves it."""
    folder = cache / "models--org--tiny"
    (folder / "refs").mkdir(parents=True)
    (folder / "refs" / "main").write_text(commit)
    (folder / "snapshots" / commit).mkdir(parents=True)
    for name, data in files.items():
        (folder / "snapshots" / commit / name).write_bytes(data)


def test_what_another_tool_fetched_is_completed(fake_hub: FakeHub, cache: Path) -> None:
    commit = fake_hub.commit(FILES)
    foreign(cache, commit, {"config.json": b"{}", SINGLE: WEIGHTS})
    folder = resolve("org/tiny")
    assert {path.name for path in folder.iterdir()} == {*SMALL, SINGLE}
    assert SINGLE not in fake_hub.downloads()


def test_without_network_what_another_tool_fetched_is_taken(fake_hub: FakeHub, cache: Path) -> None:
    commit = fake_hub.commit(FILES)
    fake_hub.stop()
    with pytest.raises(ModelError, match=r"127\.0\.0\.1:\d+ cannot be reached .*not in the cache .*Check the network"):
        resolve("org/tiny")
    foreign(cache, commit, {"config.json": b"{}", SINGLE: WEIGHTS})
    assert resolve("org/tiny").name == commit
    (resolve("org/tiny") / SINGLE).unlink()
    with pytest.raises(ModelError, match="cannot be reached"):
        resolve("org/tiny")


@pytest.mark.parametrize(
    ("status", "headers", "body", "kind", "message"),
    [
        (401, {"X-Error-Code": "GatedRepo"}, b"", CheckpointError, r"gated, .*Accept its terms at .*hf auth login"),
        (403, {"X-Error-Code": "GatedRepo"}, b"", CheckpointError, "gated"),
        (401, {"X-Error-Code": "RepoNotFound"}, b"", CheckpointError, "no such model, or it is private"),
        (404, {"X-Error-Code": "RepoNotFound"}, b"", CheckpointError, "no such model"),
        (401, {}, b"", CheckpointError, r"answers 401 .*Check name and token"),
        (403, {}, b'{"error": "banned"}', CheckpointError, r"answers 403 \(banned\)"),
        (503, {}, b"", ModelError, "answers 503; expected files. Try again later"),
        (429, {}, b"", ModelError, "answers 429"),
        (200, {}, b"<html>Log in to the hotel's network", ModelError, "is not the Hub"),
        (200, {}, b'{"sha": "../../x", "siblings": []}', ModelError, "is not the Hub"),
        (200, {}, b'{"sha": "%s", "siblings": [{"rfilename": "a"}]}' % (b"0" * 40), ModelError, "without name, size"),
    ],
)
def test_refusals_of_the_hub_are_explained(
    fake_hub: FakeHub, status: int, headers: dict[str, str], body: bytes, kind: type[Exception], message: str
) -> None:
    fake_hub.refusal = (status, headers, body)
    with pytest.raises(kind, match=f"^org/tiny: .*{message}"):
        resolve("org/tiny")


def test_names_that_are_not_there_are_explained(fake_hub: FakeHub) -> None:
    fake_hub.commit(FILES)
    with pytest.raises(CheckpointError, match="org/other: the Hub has no such model"):
        resolve("org/other")
    with pytest.raises(CheckpointError, match=r"org/tiny: has no revision 'v9'\. Take a branch"):
        resolve("org/tiny@v9")


def test_gated_weights_are_refused_where_the_list_is_open(fake_hub: FakeHub, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_hub.commit(FILES)
    refusal = (403, {"X-Error-Code": "GatedRepo"}, b"")
    monkeypatch.setattr(fake_hub, "_give", lambda handler, data, start: fake_hub._send(handler, *refusal))
    with pytest.raises(CheckpointError, match="gated"):
        resolve("org/tiny")


def test_the_token_is_sent(fake_hub: FakeHub, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_hub.commit(FILES)
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    resolve("org/tiny")
    assert fake_hub.token == "Bearer hf_secret"


def test_a_model_in_pickles_is_refused_before_anything_is_fetched(fake_hub: FakeHub) -> None:
    fake_hub.commit({name: data for name, data in FILES.items() if "safetensors" not in name})
    with pytest.raises(CheckpointError, match=r"org/tiny: got pytorch_model\.bin, pickles, .*convert"):
        resolve("org/tiny")
    assert fake_hub.downloads() == []


def test_a_full_disk_is_said_before_and_while_fetching(fake_hub: FakeHub, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_hub.commit(FILES)
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=1000))
        with pytest.raises(ModelError, match=r"needs 0\.0 GB more, .* has 0\.0 GB left\. Free some space"):
            resolve("org/tiny")
        assert fake_hub.downloads() == []

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(hub, "receive", full)
    with pytest.raises(ModelError, match=r"cannot be written .*No space left.*Free some space"):
        resolve("org/tiny")


@pytest.mark.parametrize(
    ("name", "good"),
    [
        ("org/tiny", True),
        ("HuggingFaceTB/SmolVLM-256M-Instruct@main", True),
        ("org/tiny@refs/pr/1", True),
        ("tiny", False),
        ("./org/tiny", False),
        ("/org/tiny", False),
        ("../tiny", False),
        ("a/b/c", False),
        ("org/tiny@", False),
        ("org/.git", False),
        ("https://x/y", False),
    ],
)
def test_names_of_the_hub(name: str, good: bool) -> None:
    assert is_hub_name(name) is good
    if not good:
        with pytest.raises(UsageError, match="expected 'org/name'"):
            resolve(name)


def test_revisions_that_are_none_are_refused() -> None:
    with pytest.raises(UsageError, match="expected one revision"):
        resolve("org/tiny@a", revision="b")
    for revision in ("../../x", "/x", "a b", "a/../b"):
        with pytest.raises(UsageError, match="expected a branch, tag or commit"):
            resolve("org/tiny", revision=revision)


def test_the_environment_of_the_hubs_tools_counts(fake_hub: FakeHub, tmp_path: Path) -> None:
    fake_hub.commit(FILES)
    code = "import sys; from sensorium.weights.hub import resolve; sys.stdout.write(str(resolve('org/tiny')))"
    places = {"HF_ENDPOINT": fake_hub.address, "HF_HOME": str(tmp_path / "home"), "NO_PROXY": "127.0.0.1"}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env=os.environ | places, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stderr) == (0, "")  # no bars, no warnings
    assert Path(done.stdout).parent.parent == tmp_path / "home" / "hub" / "models--org--tiny"
