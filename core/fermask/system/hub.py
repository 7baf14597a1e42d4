"""What goes to the Hugging Face Hub, and FER2013 where somebody names a copy of it there.

Nothing here is called unless a person asks for it; everything else works offline.
"""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

# An address that went through pathlib has one slash left.
_ADDRESS = re.compile(r"hf:/+")
_LOG_IN = (
    "Log in with `hf auth login`, or set the environment variable HF_TOKEN to a token that may "
    "write."
)


def is_address(text: str | Path) -> bool:
    """Whether a text names something on the Hub, such as ``hf://datasets/USER/NAME``."""
    return _ADDRESS.match(str(text)) is not None


@cache
def fetch_dataset(address: str) -> Path:
    """Downloads the Parquet files of a dataset, once: they are kept in the Hub's cache.

    Args:
        address: ``hf://datasets/USER/NAME``, or with ``@REVISION`` and a folder or file in it.

    Returns:
        The local file, or the local folder with the files.

    Raises:
        ValueError: not such an address.
        FileNotFoundError: the dataset has no such file, or there is no Parquet file in it.
        OSError: the Hub cannot be reached, or refuses.
    """
    from huggingface_hub import parse_hf_uri, snapshot_download
    from huggingface_hub.errors import HfUriError

    expected = "expected an address such as hf://datasets/USER/NAME or one of a file in it"
    try:
        uri = parse_hf_uri(_ADDRESS.sub("hf://", address))
    except HfUriError as error:
        raise ValueError(f"{address} is no address on the Hub; {expected}.") from error
    if uri.type != "dataset":
        raise ValueError(f"{address} is a {uri.type} on the Hub; {expected}.")
    inside = uri.path_in_repo.strip("/")
    wanted = inside if inside.endswith(".parquet") else f"{inside}/*.parquet".lstrip("/")
    with _sentences(uri.id):
        folder = snapshot_download(
            uri.id, repo_type="dataset", revision=uri.revision, allow_patterns=wanted
        )
    place = Path(folder) / inside
    if place.is_file() or any(place.rglob("*.parquet")):
        return place
    raise FileNotFoundError(
        f"{address} holds no Parquet file; name the folder or the file of the dataset that does."
    )


def push_folder(folder: Path, repo_id: str, repo_type: str, sdk: str | None = None) -> str:
    """Makes a repository on the Hub hold what a folder holds; only what changed is sent.

    Files in the repository that are not in the folder are deleted. Who pushes is known by
    ``HF_TOKEN`` or a login, as everywhere on the Hub.

    Args:
        folder: what to send.
        repo_id: ``USER/NAME``; made where it does not exist.
        repo_type: ``space``, ``model`` or ``dataset``.
        sdk: of a Space.

    Returns:
        The repository's address.

    Raises:
        ValueError: not such a name.
        OSError: the Hub cannot be reached, or refuses.
    """
    from huggingface_hub import HfApi, get_token

    check_repo_id(repo_id)
    if not get_token():
        raise PermissionError(f"Nobody is logged in to the Hub. {_LOG_IN}")
    api = HfApi(library_name="ferm")
    with _sentences(repo_id):
        url = api.create_repo(repo_id, repo_type=repo_type, space_sdk=sdk, exist_ok=True)
        api.upload_folder(
            repo_id=repo_id,
            repo_type=repo_type,
            folder_path=folder,
            commit_message="As built by scripts.space",
            delete_patterns="*",
        )
    return str(url)


def check_repo_id(repo_id: str) -> None:
    """Raises a ValueError unless a text is a name such as ``USER/NAME``."""
    from huggingface_hub.utils import HFValidationError, validate_repo_id

    try:
        validate_repo_id(repo_id)
    except HFValidationError:
        pass
    else:
        if repo_id.count("/") == 1:
            return
    raise ValueError(f"{repo_id!r} is no repository's name; expected USER/NAME.")


@contextmanager
def _sentences(repo_id: str) -> Iterator[None]:
    """What the Hub's library raises as an OSError with one sentence, and never the token."""
    from huggingface_hub.errors import (
        HfHubHTTPError,
        HTTPError,
        LocalEntryNotFoundError,
        OfflineModeIsEnabled,
        RepositoryNotFoundError,
    )

    place = os.environ.get("HF_ENDPOINT", "https://huggingface.co")
    try:
        yield
    except RepositoryNotFoundError as error:
        raise FileNotFoundError(
            f"{repo_id} is not on the Hub, or not for you to see. {_LOG_IN}"
        ) from error
    except (OfflineModeIsEnabled, LocalEntryNotFoundError) as error:
        raise ConnectionError(
            f"{repo_id} is on the Hub, which cannot be reached from here."
        ) from error
    except HfHubHTTPError as error:
        status = error.response.status_code
        if status in (401, 403):
            raise PermissionError(f"The Hub does not let you write {repo_id}. {_LOG_IN}") from error
        if status == 402:
            raise PermissionError(
                f"The Hub wants a paid plan for {repo_id}: Spaces that compute, also on free "
                "hardware, need one."
            ) from error
        message = error.server_message or f"status {status}"
        raise OSError(f"The Hub refused {repo_id}: {message}") from error
    except HTTPError as error:
        raise ConnectionError(f"{place} cannot be reached: {error}") from error
