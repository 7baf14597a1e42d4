"""Faces on a map: where they are put, the file it is kept in, and the one that ships."""

from dataclasses import asdict, replace

import numpy as np
import pandas as pd
import pytest

from fermask.dataset.ferm import Ferm
from fermask.dataset.manifest import load
from fermask.exploring.embedding import (
    EmbeddingSettings,
    class_counts,
    default_path,
    embed,
    find_embeddings,
    last_features,
    read_embedding,
    write_embedding,
)
from fermask.exploring.faces_table import faces_table
from fermask.networks.inference import load_network
from fermask.networks.predictions import Predictions
from fermask.system.files import file_hash
from fermask.system.parquet import read_parquet, write_parquet
from fermask.system.paths import PUBLISHED, PUBLISHED_EMBEDDINGS, SHIPPED
from tests.small import ABOUT, small_ferm, small_predictions
from tests.tiny_set import tiny_ferm

QUICK = EmbeddingSettings(iterations=500)


@pytest.fixture(scope="module")
def ferm():
    """A tiny set whose last face is the picture of its first."""
    ferm = tiny_ferm(60)
    ferm.masked[-1] = ferm.masked[0]
    return ferm


@pytest.fixture(scope="module")
def network():
    return load_network()


@pytest.fixture(scope="module")
def embedding(ferm, network):
    return embed(ferm, network, QUICK)


def test_the_same_picture_is_put_at_the_same_place(embedding):
    for projection in ("PCA", "t-SNE"):
        points = embedding.points_xy(projection)
        assert points.dtype == np.float32
        assert points.shape == (60, 2)
        distance = np.linalg.norm(points - points[0], axis=1)
        assert distance[-1] < 0.2 * np.median(distance)


def test_it_is_the_same_every_time(embedding, ferm, network):
    again = embed(ferm, network, QUICK)
    pd.testing.assert_frame_equal(again.table, embedding.table)
    assert again.about == embedding.about


def test_the_variance_named_is_that_of_the_axes(embedding, ferm, network):
    features = last_features(network, ferm.masked).astype(float)
    assert features.shape == (60, 128)
    shares = embedding.points_xy("PCA").var(axis=0) / features.var(axis=0).sum()
    np.testing.assert_allclose(shares, embedding.about["explained_variance"], rtol=1e-3)


def test_it_says_what_it_is_of(embedding, ferm, network):
    about = embedding.about
    assert (about["ferm"], about["model"]) == ("tiny", "m_xception")
    assert about["masked_sha256"] == ferm.about["masked_sha256"]
    assert about["onnx_sha256"] == file_hash(network.path)
    assert about["settings"]["iterations"] == 500


def test_how_many_faces_were_trained_on_is_known_or_not(ferm, network):
    def trained_on(record, file=""):
        manifest = ferm.manifest.assign(file=file)
        of = Ferm(manifest, ferm.about, ferm.masked, ferm.bare)
        return embed(of, replace(network, record=record), QUICK).about["trained_on"]

    assert trained_on({}) is None
    # Row 2 and its twin, and the two of a group that the record names.
    seen = {"rows": [2], "groups": [4]}
    same = seen | {"source_sha256": ferm.about["source_sha256"]}
    assert trained_on(same) == 4
    # Another file's faces of the same numbers have other pixels.
    assert trained_on(seen) == 0
    # In class folders rows are numbered anew.
    assert trained_on(seen, file="train/sad/1.jpg") is None
    assert trained_on(same, file="train/sad/1.jpg") == 4


def test_too_few_faces_are_a_sentence(ferm, network):
    few = Ferm(ferm.manifest[:2], ferm.about, ferm.masked[:2], ferm.bare[:2])
    alike = Ferm(ferm.manifest, ferm.about, np.repeat(ferm.masked[:1], 60, axis=0), ferm.bare)
    for each in (few, alike):
        with pytest.raises(ValueError, match="at least 3 that differ"):
            embed(each, network, QUICK)
    three = Ferm(ferm.manifest[:3], ferm.about, ferm.masked[:3], ferm.bare[:3])
    assert np.isfinite(embed(three, network, QUICK).points_xy("t-SNE")).all()


def test_a_file_is_read_back_and_found_for_its_set_alone(embedding, ferm, tmp_path):
    write_embedding(tmp_path / "one.parquet", embedding)
    again = read_embedding(tmp_path / "one.parquet")
    pd.testing.assert_frame_equal(again.table, embedding.table)
    assert again.about == embedding.about
    found, problems = find_embeddings(tmp_path, ferm)
    assert (list(found), problems) == (["one"], [])
    assert find_embeddings(tmp_path, tiny_ferm(40)) == ({}, [])
    assert find_embeddings(tmp_path / "nowhere", ferm) == ({}, [])


def test_damaged_files_are_sentences_and_cost_no_other(embedding, ferm, tmp_path):
    good = tmp_path / "good.parquet"
    write_embedding(good, embedding)
    table, about = read_parquet(good)
    (tmp_path / "half.parquet").write_bytes(good.read_bytes()[:2000])
    write_parquet(tmp_path / "later.parquet", table, about | {"schema": 9})
    write_parquet(tmp_path / "another.parquet", table.drop(columns="tsne_x"), about)
    write_parquet(tmp_path / "unnamed.parquet", table, {"schema": 1})
    gap = table.assign(pca_y=table["pca_y"].where(table["row"] != 7))
    write_parquet(tmp_path / "gap.parquet", gap, about)
    found, problems = find_embeddings(tmp_path, ferm)
    assert list(found) == ["good"]
    said = "\n".join(problems)
    assert len(problems) == 5
    for words in (
        "half.parquet cannot be read as Parquet",
        "later.parquet has schema 9",
        "another.parquet holds no embedding: it lacks tsne_x",
        "unnamed.parquet holds no embedding",
        "gap.parquet, FER2013's row 7: a coordinate is missing",
    ):
        assert words in said


def test_only_the_weights_that_ship_have_the_published_name(ferm, network, tmp_path):
    published = load(PUBLISHED)
    copy = replace(network, path=tmp_path / SHIPPED.name)
    copy.path.write_bytes(b"other weights of the same name")
    paths = {
        default_path(of, each, published) for of in (published, ferm) for each in (network, copy)
    }
    assert default_path(published, network, published) in paths
    assert PUBLISHED_EMBEDDINGS / "m_xception.parquet" in paths
    assert len(paths) == 4


def test_chosen_faces_are_counted_by_class_and_answer():
    ferm = small_ferm()
    table = faces_table(ferm, Predictions(small_predictions(ferm, wrong=[0]), ABOUT))
    counts = class_counts(table).set_index("label")
    assert counts["n"].tolist() == [4] * 4
    first = table.iloc[0]
    assert counts.loc[first["label"], first["label"]] == 3
    assert counts.loc[first["label"], first["predicted"]] == 1
    of_one = class_counts(table.iloc[:1])
    assert of_one["n"].sum() == 1
    assert class_counts(table.iloc[:0])["n"].sum() == 0
    assert class_counts(faces_table(ferm))["n"].tolist() == [4] * 4


def test_the_published_embedding_is_of_ferm_v1_and_the_weights_that_ship():
    again = "compute it anew with `python -m scripts.embed --fer2013 PATH`"
    path = PUBLISHED_EMBEDDINGS / f"{SHIPPED.stem}.parquet"
    embedding = read_embedding(path)
    assert embedding.is_of(load(PUBLISHED)), f"{path} is not of FERM v1's faces; {again}."
    assert embedding.about["onnx_sha256"] == file_hash(SHIPPED), (
        f"{path} was computed with other weights than {SHIPPED.name}; {again}."
    )
    assert embedding.about["settings"] == asdict(EmbeddingSettings())
