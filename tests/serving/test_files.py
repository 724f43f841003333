"""Files that are sent once and named afterwards, through three official clients."""

import io
import time
from typing import Any

import anthropic
import openai
import pytest
from tests.serving.conftest import KEY, Running, Start
from tests.serving.hardening.spoken import PROTOCOLS, send
from tests.serving.sent import PNG, WAV, b64, uri

from sensorium.media.limits import Limits
from sensorium.serving import wire
from sensorium.serving.drafts import Draft, Given
from sensorium.serving.faults import Refusal
from sensorium.serving.files import Files, id_in, named
from sensorium.serving.keeping import Keep, Room
from sensorium.serving.limits import ServerLimits

genai = pytest.importorskip("google.genai")

from google.genai import errors, types  # noqa: E402

WORDS = {"type": "text", "text": "What?"}


def test_a_file_of_openais_client(server: Running) -> None:
    with openai.OpenAI(base_url=f"{server.url}/v1", api_key=server.key, max_retries=0) as client:
        made = client.files.create(file=("shot.png", PNG, "image/png"), purpose="user_data")
        assert (made.filename, made.bytes, made.purpose) == ("shot.png", len(PNG), "user_data")
        assert client.files.retrieve(made.id).id == made.id
        assert client.files.content(made.id).read() == PNG
        assert made.id in [each.id for each in client.files.list(limit=1)]

        def ask(file: Any) -> Any:
            parts: Any = [{"type": "file", "file": file}, WORDS]
            return client.chat.completions.create(
                model="tiny", messages=[{"role": "user", "content": parts}], max_tokens=4
            )

        named, sent = ask({"file_id": made.id}), ask({"file_data": uri(PNG, "image/png")})
        assert named.choices[0].message.content == sent.choices[0].message.content
        assert named.usage == sent.usage
        item: Any = [{"role": "user", "content": [{"type": "input_image", "file_id": made.id, "detail": "auto"}]}]
        assert client.responses.create(model="tiny", input=item, max_output_tokens=4).usage is not None
        assert client.files.delete(made.id).deleted
        with pytest.raises(openai.NotFoundError, match="there is no file") as caught:
            ask({"file_id": made.id})
        assert caught.value.param == "messages[0].content[0].file.file_id"


def test_a_file_of_anthropics_client(server: Running) -> None:
    with anthropic.Anthropic(base_url=server.url, api_key=server.key, max_retries=0) as client:
        made = client.beta.files.upload(file=("shot.png", PNG, "image/png"))
        assert (made.type, made.mime_type, made.size_bytes) == ("file", "image/png", len(PNG))
        assert made.id in [each.id for each in client.beta.files.list()]
        assert client.beta.files.download(made.id).read() == PNG
        source = {"type": "image", "source": {"type": "file", "file_id": made.id}}
        plain = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": b64(PNG)}}
        talks: Any = [[{"role": "user", "content": [each, WORDS]}] for each in (source, plain)]
        named, sent = (client.messages.create(model="tiny", messages=each, max_tokens=4) for each in talks)
        assert named.content == sent.content
        assert client.beta.files.delete(made.id).id == made.id
        with pytest.raises(anthropic.NotFoundError):
            client.beta.files.retrieve_metadata(made.id)


def test_a_file_of_googles_client_comes_in_pieces(server: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("google.genai._api_client.CHUNK_SIZE", len(PNG) // 3)
    client = genai.Client(api_key=server.key, http_options=types.HttpOptions(base_url=server.url))
    made = client.files.upload(file=io.BytesIO(PNG), config={"mime_type": "image/png", "display_name": "shot.png"})
    assert (made.display_name, made.mime_type, made.size_bytes) == ("shot.png", "image/png", len(PNG))
    assert client.files.get(name=made.name).uri == made.uri
    assert made.name in [each.name for each in client.files.list()]
    limit = types.GenerateContentConfig(max_output_tokens=4)
    part = types.Part.from_bytes(data=PNG, mime_type="image/png")
    named, sent = (
        client.models.generate_content(model="tiny", contents=[each, "What?"], config=limit) for each in (made, part)
    )
    assert named.text == sent.text
    client.files.delete(name=made.name)
    with pytest.raises(errors.ClientError) as caught:
        client.files.get(name=made.name)
    assert caught.value.status == "NOT_FOUND"
    client.close()


def test_a_key_does_not_see_files_of_another(start: Start) -> None:
    with start(keys=(KEY, "another-key")) as running:
        made = send(running, "/v1/files", _form(WAV), headers=_FORM).json
        path = f"/v1/files/{made['id']}"
        assert send(running, path, method="GET").status == 200
        assert send(running, path, method="GET", key="another-key").status == 404
        assert send(running, path, method="DELETE", key="another-key").status == 404
        assert send(running, f"{path}/content", method="GET", key="another-key").status == 404
        assert send(running, "/v1/files", method="GET", key="another-key").json["data"] == []


@pytest.mark.parametrize(
    ("headers", "field"),
    [
        ({}, "x-goog-upload-header-content-length"),
        ({"x-goog-upload-header-content-length": "0"}, "x-goog-upload-header-content-length"),
        ({"x-goog-upload-header-content-length": "4", "x-goog-upload-command": "query"}, "x-goog-upload-command"),
        ({"x-goog-upload-header-content-length": str(2**39)}, "expected at most"),
    ],
    ids=str,
)
def test_uploads_that_cannot_begin(server: Running, headers: dict[str, str], field: str) -> None:
    reply = send(server, "/upload/v1beta/files", {}, headers=headers)
    assert reply.status in (400, 413)
    assert field in reply.json["error"]["message"].lower()


def test_an_upload_takes_no_more_than_it_said_and_in_order(server: Running) -> None:
    begun = send(server, "/upload/v1beta/files", {}, headers={"x-goog-upload-header-content-length": "4"})
    path = begun.headers["x-goog-upload-url"].partition(str(server.port))[2]

    def push(data: bytes, **headers: str) -> int:
        return send(
            server, path, data, headers={f"x-goog-upload-{name}": each for name, each in headers.items()}
        ).status

    assert push(b"ab", command="upload", offset="1") == 400
    assert push(b"abcde", command="upload, finalize", offset="0") == 413
    assert push(b"ab", command="cancel", offset="0") == 400
    assert push(b"ab", command="upload", offset="0") == 200
    assert push(b"c", command="upload, finalize", offset="2") == 400
    assert push(b"cd", command="upload, finalize", offset="2") == 200
    assert push(b"", command="upload, finalize", offset="4") == 404


def test_the_address_of_an_upload_holds_no_key_and_is_good_for_that_file_alone(server: Running) -> None:
    begun = send(server, "/upload/v1beta/files", {}, headers={"x-goog-upload-header-content-length": "4"})
    address = begun.headers["x-goog-upload-url"]
    assert server.key not in address
    assert "?" not in address
    path = address.partition(str(server.port))[2]

    def push(path: str) -> int:
        whole = {"x-goog-upload-command": "upload, finalize", "x-goog-upload-offset": "0", "authorization": ""}
        return send(server, path, b"text", headers=whole).status

    assert push(f"{path}0") == push("/upload/v1beta/files") == 401
    assert push(path) == 200
    assert push(path) == 401


def test_what_is_kept_is_bounded_and_expires(monkeypatch: pytest.MonkeyPatch) -> None:
    room = Room(things=2, bytes=10, all_bytes=15, seconds=60, evicts=False)
    keep: Keep[str] = Keep("file", room)
    keep.put("a", "1", "x", 8)
    with pytest.raises(Refusal, match="no room for 3 bytes"):
        keep.put("a", "2", "x", 3)
    with pytest.raises(Refusal, match="no room for 8 bytes more; all keys together may keep 15") as full:
        keep.put("b", "2", "x", 8)
    assert (full.value.kind, full.value.wait) == ("unavailable", 60.0)
    keep.put("a", "2", "x", 1)
    keep.put("a", "2", "y", 2)
    with pytest.raises(Refusal, match="no room for 3 bytes"):
        keep.put("a", "2", "z", 3)
    assert keep.get("a", "2").value == "y"
    with pytest.raises(Refusal, match="no room"):
        keep.put("a", "3", "x", 0)
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 61)
    assert list(keep.all("a")) == []
    keep.put("b", "2", "x", 8)
    evicting: Keep[str] = Keep("response", Room(2, 10, 15, 60, evicts=True))
    for id_ in "123":
        evicting.put("a", id_, id_, 4)
    with pytest.raises(Refusal, match="no room for 11 bytes"):
        evicting.put("a", "4", "4", 11)
    assert [id_ for id_, _ in evicting.all("a")] == ["3", "2"]


def test_names_of_files() -> None:
    files = Files(ServerLimits())
    id_ = files.add("a", b"x", "n" * 300, "text/html; charset=x").value.id
    assert len(files.get("a", id_).value.name) == 255
    assert files.get("a", id_).value.media_type == "text/html"
    assert id_in(f"https://host/v1beta/files/{id_}") == id_in(f"files/{id_}") == id_
    assert id_in("https://host/files/picture.png") is None
    with pytest.raises(Refusal, match="it is empty"):
        files.add("a", b"", "n", "text/plain")


def test_files_are_as_small_as_media_and_a_request_names_no_more_than_it_may_carry() -> None:
    files = Files(ServerLimits(body_bytes=100, media=Limits(file_bytes=60)))
    with pytest.raises(Refusal, match="got 61 bytes; expected at most 60"):
        files.add("a", b"x" * 61, "n", "image/png")
    id_ = files.add("a", b"x" * 50, "n", "image/png").value.id
    part = named("messages[0]", id_)
    (filled,) = files.filled([Draft("user", (part, part))], "a")
    assert [each.uri[:22] for each in filled.parts if isinstance(each, Given)] == ["data:image/png;base64,"] * 2
    with pytest.raises(Refusal, match="have 150 bytes, each counted as often as it is named; expected at most 100"):
        files.filled([Draft("user", (part, part)), Draft("user", (part,))], "a")


def test_what_is_too_much_for_a_models_process_ends_that_request_alone(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    with start(own_process=True) as running:
        assert send(running, PROTOCOLS[0].path, PROTOCOLS[0].ask()).status == 200
        with monkeypatch.context() as patch:
            patch.setattr(wire, "LONGEST", 2000)
            assert send(running, PROTOCOLS[0].path, PROTOCOLS[0].ask("x" * 2000)).status == 413
        assert send(running, PROTOCOLS[0].path, PROTOCOLS[0].ask()).status == 200


_FORM = {"content-type": "multipart/form-data; boundary=b"}


def _form(data: bytes) -> bytes:
    head = b'--b\r\ncontent-disposition: form-data; name="file"; filename="a.wav"\r\ncontent-type: audio/wav\r\n\r\n'
    return head + data + b"\r\n--b--\r\n"
