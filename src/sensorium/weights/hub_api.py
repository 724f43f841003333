"""The two requests that the Hub is asked: what is in a repository, and the bytes of a file from some place on.

Endpoint, token and proxies are those of `huggingface_hub`, which is imported when it is needed: a model that is on this
disk should not wait for it.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO, cast
from urllib.parse import quote

from sensorium import __version__
from sensorium.core.errors import CheckpointError, ModelError
from sensorium.weights.hub_cache import COMMIT, DIGEST, HubFile


class Unreachable(ModelError):
    """The Hub cannot be asked now; the same question may get an answer later."""


def list_files(repo: str, revision: str) -> tuple[str, list[HubFile]]:
    """The commit that a revision is, and all files in it.

    Raises: Unreachable without network, in offline mode or when the Hub is out of order; CheckpointError when it has no
    such model or revision or does not give it to us; ModelError when what answers is not the Hub.
    """
    from huggingface_hub import constants, get_session

    if constants.HF_HUB_OFFLINE:
        raise Unreachable(
            f"{repo}: not in the cache ({constants.HF_HUB_CACHE}) at revision '{revision}', and offline mode is on "
            "(HF_HUB_OFFLINE). Unset it to fetch the model, or copy the cache of a machine that has it."
        )
    url = f"{constants.ENDPOINT}/api/models/{repo}/revision/{quote(revision, safe='')}"
    with _explained(repo, revision):
        timeout = constants.HF_HUB_DOWNLOAD_TIMEOUT
        response = get_session().get(url, params={"blobs": "true"}, headers=_headers(), timeout=timeout)
        _raise_for_status(response)
    try:
        return _listing(response.json())
    except ValueError as error:
        raise ModelError(
            f"{repo}: what answers at {constants.ENDPOINT} is not the Hub ({error}). Log in to the network if it asks "
            "for that, or correct HF_ENDPOINT."
        ) from error


def receive(repo: str, commit: str, file: HubFile, target: BinaryIO, arrived: Callable[[int], None]) -> None:
    """Append to `target` what comes after its end; begin anew where the server cannot go on from there.

    Args:
        repo, commit, file: what to ask for; reading stops as soon as there is more than the Hub lists.
        target: open at its end; what has come when this fails stays in it.
        arrived: called after every piece with the size that the target has now.

    Raises: as `list_files`.
    """
    from huggingface_hub import constants, get_session, hf_hub_url

    headers = _headers() | {"Accept-Encoding": "identity"}
    start = target.tell()
    if start:
        headers["Range"] = f"bytes={start}-"
    url = hf_hub_url(repo, file.name, revision=commit)
    with (
        _explained(repo, commit),
        get_session().stream("GET", url, headers=headers, timeout=constants.HF_HUB_DOWNLOAD_TIMEOUT) as response,
    ):
        _raise_for_status(response)
        if start and response.status_code != 206:
            target.seek(0)
            target.truncate()
        for piece in response.iter_bytes():  # in pieces as they come: what waits to fill a larger one would be lost
            target.write(piece)
            arrived(target.tell())
            if target.tell() > file.size:
                return


def _headers() -> dict[str, str]:
    """Who asks. The library's own way to say so fetches a list of programs first, which nobody has asked for."""
    from huggingface_hub import constants, get_token

    token = None if constants.HF_HUB_DISABLE_IMPLICIT_TOKEN else get_token()
    return {"user-agent": f"sensorium/{__version__}"} | ({"authorization": f"Bearer {token}"} if token else {})


def _raise_for_status(response: Any) -> None:
    from huggingface_hub.utils import hf_raise_for_status  # type: ignore[attr-defined]  # exported, but lazily

    hf_raise_for_status(response)


def _listing(data: object) -> tuple[str, list[HubFile]]:
    """Commit and files in an answer of the Hub. Raises: ValueError for one of another form."""
    match data:
        case {"sha": str(commit), "siblings": list(siblings)} if COMMIT.fullmatch(commit):
            return commit, [_file(each) for each in siblings]
        case _:
            raise ValueError("no commit with a list of files")


def _file(entry: object) -> HubFile:
    match entry:
        case {"rfilename": str(name), "lfs": {"sha256": str(digest), "size": int(size)}}:
            pass
        case {"rfilename": str(name), "blobId": str(digest), "size": int(size)}:
            pass
        case _:
            raise ValueError("a file without name, size or hash")
    if not DIGEST.fullmatch(digest):
        raise ValueError(f"{name} has no hash but {digest!r}")
    return HubFile(name, size, digest)


@contextmanager
def _explained(repo: str, revision: str) -> Iterator[None]:
    """Errors of the library as ours."""
    from huggingface_hub import constants, errors

    # The library's errors derive from those of its HTTP client, which is httpx or httpx2, by version.
    transport = cast("type[Exception]", errors.HfHubHTTPError.__bases__[0])
    page = f"{constants.ENDPOINT}/{repo}"
    try:
        yield
    except errors.GatedRepoError as error:
        raise CheckpointError(
            f"{repo}: gated, and you are not on its list. Accept its terms at {page}, then log in with 'hf auth login' "
            "or set HF_TOKEN."
        ) from error
    except errors.RepositoryNotFoundError as error:
        raise CheckpointError(
            f"{repo}: the Hub has no such model, or it is private. Check the name at {page}; for a private one log in "
            "with 'hf auth login' or set HF_TOKEN."
        ) from error
    except errors.RevisionNotFoundError as error:
        raise CheckpointError(
            f"{repo}: has no revision '{revision}'. Take a branch, tag or commit that is listed at {page}/tree/main."
        ) from error
    except errors.HfHubHTTPError as error:
        status = error.response.status_code
        if status == 429 or status >= 500:
            raise Unreachable(f"{repo}: the Hub answers {status}; expected files. Try again later.") from error
        raise CheckpointError(
            f"{repo}: the Hub answers {status} ({error.server_message or 'no reason given'}); expected files. Check "
            "name and token, see 'hf auth whoami'."
        ) from error
    except transport as error:
        raise Unreachable(
            f"{repo} at {revision}: {constants.ENDPOINT} cannot be reached ({error}), and it is not in the cache "
            f"({constants.HF_HUB_CACHE}). Check the network and try again, or give the folder of a model."
        ) from error
