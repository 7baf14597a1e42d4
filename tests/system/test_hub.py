"""Addresses on the Hub, and what is fetched of them."""

import pytest
from huggingface_hub.errors import OfflineModeIsEnabled

from fermask.system.hub import check_repo_id, fetch_dataset, is_address


@pytest.fixture
def downloads(monkeypatch, tmp_path):
    """What the Hub's library is asked for; it gives a folder with one file."""
    asked = []
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "train.parquet").write_bytes(b"")

    def snapshot_download(repo_id, **options):
        asked.append(
            (repo_id, options["repo_type"], options["revision"], options["allow_patterns"])
        )
        return str(tmp_path)

    monkeypatch.setattr("huggingface_hub.snapshot_download", snapshot_download)
    fetch_dataset.cache_clear()
    yield asked
    fetch_dataset.cache_clear()


@pytest.mark.parametrize(
    ("address", "place", "asked"),
    [
        ("hf://datasets/a/b", "", ("a/b", "dataset", None, "*.parquet")),
        ("hf:/datasets/a/b", "", ("a/b", "dataset", None, "*.parquet")),
        ("hf://datasets/a/b/data", "data", ("a/b", "dataset", None, "data/*.parquet")),
        (
            "hf://datasets/a/b@v1/data/train.parquet",
            "data/train.parquet",
            ("a/b", "dataset", "v1", "data/train.parquet"),
        ),
    ],
)
def test_only_parquet_is_fetched_and_once(downloads, tmp_path, address, place, asked):
    assert is_address(address)
    assert fetch_dataset(address) == tmp_path / place
    fetch_dataset(address)
    assert downloads == [asked]


@pytest.mark.parametrize("address", ["hf://a/b", "hf://spaces/a/b", "hf://datasets", "hf://"])
def test_what_is_no_dataset_is_told(downloads, address):
    with pytest.raises(ValueError, match="expected an address such as hf://datasets/USER/NAME"):
        fetch_dataset(address)
    assert downloads == []


def test_a_dataset_without_parquet_is_told(downloads):
    with pytest.raises(FileNotFoundError, match="holds no Parquet file"):
        fetch_dataset("hf://datasets/a/b/other")


def test_a_hub_out_of_reach_is_a_sentence(downloads, monkeypatch):
    def snapshot_download(*_, **options):
        raise OfflineModeIsEnabled("offline")

    monkeypatch.setattr("huggingface_hub.snapshot_download", snapshot_download)
    with pytest.raises(ConnectionError, match="a/b is on the Hub, which cannot be reached"):
        fetch_dataset("hf://datasets/a/b")


@pytest.mark.parametrize("text", ["fer2013.csv", "/data/hf", "https://huggingface.co/datasets/a/b"])
def test_paths_are_no_addresses(text):
    assert not is_address(text)


def test_names_of_repositories():
    check_repo_id("somebody/ferm-demo")
    for name in ("ferm", "a/b/c", "a b/c", ""):
        with pytest.raises(ValueError, match="expected USER/NAME"):
            check_repo_id(name)
