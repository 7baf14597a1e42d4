"""A set as a folder comes back as it was written, and what is wrong with one is a sentence."""

import dataclasses
import json
import os

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from fermask.dataset.building import build
from fermask.dataset.fer2013 import join_ferplus, read_fer2013, read_ferplus
from fermask.dataset.ferm import LEFT_IN_FILE, TABLE_2, FermSettings, listed_points
from fermask.dataset.manifest import (
    BARE,
    MANIFEST,
    MASKED,
    load,
    open_set,
    pixel_hash,
    render,
    same_images,
    write,
)
from fermask.dataset.screening import ScreeningSettings, first_rule
from fermask.dataset.splits import fold_of_group, stable_hash
from fermask.faces.labels import VOTE_COLUMNS, label_from_votes
from fermask.faces.landmarks import roll_degrees, yaw_degrees
from fermask.faces.masking import draw_look
from fermask.system.kept import CHECKSUMS, DamagedFile
from fermask.system.parquet import ROWS_A_GROUP, read_parquet, write_parquet
from fermask.system.paths import PUBLISHED
from scripts.bench.synthetic_set import write_synthetic_set
from tests.spoiled import spoil


@pytest.fixture
def stored(ferm, tmp_path):
    write(ferm, tmp_path / "set")
    return tmp_path / "set"


def as_stored(manifest):
    return manifest.assign(
        landmarks=[list(each) for each in manifest["landmarks"]],
        passed=[list(each) for each in manifest["passed"]],
    )


def assert_is(loaded, ferm):
    pd.testing.assert_frame_equal(as_stored(loaded.manifest), as_stored(ferm.manifest))
    assert loaded.about == ferm.about
    np.testing.assert_array_equal(loaded.points_xy, ferm.points_xy)


def test_a_set_comes_back_as_it_was_written(ferm, stored):
    loaded = load(stored)
    assert_is(loaded, ferm)
    np.testing.assert_array_equal(loaded.masked, ferm.masked)
    np.testing.assert_array_equal(loaded.bare, ferm.bare)
    assert same_images(loaded)


def test_the_same_set_is_the_same_bytes(ferm, stored, tmp_path):
    write(load(stored), tmp_path / "again")
    for name in (MANIFEST, MASKED, BARE):
        assert (stored / name).read_bytes() == (tmp_path / "again" / name).read_bytes()


def test_a_manifest_alone_has_no_images(ferm, stored):
    (stored / MASKED).unlink()
    loaded = load(stored)
    assert_is(loaded, ferm)
    assert loaded.masked is None
    assert loaded.bare is None
    assert not same_images(loaded)


def test_a_manifest_and_fer2013_give_the_same_images(ferm, faces, folder, stored):
    for name in (MASKED, BARE):
        (stored / name).unlink()
    loaded = load(stored, read_fer2013(folder / "fer2013.csv"))
    assert_is(loaded, ferm)
    np.testing.assert_array_equal(loaded.masked, ferm.masked)
    np.testing.assert_array_equal(loaded.bare, ferm.bare)


def test_writing_a_manifest_alone_takes_old_images_away(ferm, stored):
    write(dataclasses.replace(ferm, masked=None, bare=None), stored)
    assert sorted(path.name for path in stored.iterdir()) == [CHECKSUMS, MANIFEST]


def test_a_set_stands_until_another_is_whole(ferm, stored, monkeypatch):
    def fail(path, table, about):
        raise OSError("the disk is full")

    monkeypatch.setattr("fermask.dataset.manifest.write_table", fail)
    other = dataclasses.replace(ferm, masked=255 - ferm.masked)
    with pytest.raises(OSError, match=rf"{MANIFEST} cannot be written .*full.* What was there"):
        write(other, stored)
    assert_is(load(stored), ferm)
    assert not list(stored.glob(".partial-*"))


@pytest.mark.parametrize("name", [MANIFEST, MASKED, BARE, CHECKSUMS])
def test_a_flipped_bit_in_a_set_is_a_sentence(stored, name):
    data = bytearray((stored / name).read_bytes())
    for at in np.random.default_rng(1).integers(0, len(data), 15).tolist():
        data[at] ^= 16
        (stored / name).write_bytes(data)
        with pytest.raises(ValueError, match=str(stored)):
            load(stored)
        with pytest.raises(ValueError, match=str(stored)):
            open_set(stored).points_at([0])
        data[at] ^= 16


def test_a_large_set_s_images_are_checked_where_they_are_looked_at(ferm, stored, monkeypatch):
    monkeypatch.setattr("fermask.dataset.manifest._MOST_CHECKED", 1)
    monkeypatch.setattr("fermask.system.kept._BLOCK", 4096)
    write(ferm, stored)
    opened = open_set(stored)
    last = len(ferm.masked) - 1
    data = bytearray((stored / MASKED).read_bytes())
    data[-1] ^= 1
    (stored / MASKED).write_bytes(data)
    np.testing.assert_array_equal(opened.masked[0], ferm.masked[0])
    np.testing.assert_array_equal(opened.bare[:], ferm.bare)
    for index in (last, -1, slice(last, None), np.array([0, last]), (last, 3)):
        with pytest.raises(DamagedFile, match=f"{MASKED} is not as it was written"):
            opened.masked[index]


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [("mask_seed", -1, "'mask_seed' is -1"), ("row", -5, "'row' is -5"), ("fold", -1, "'fold'")],
)
def test_numbers_that_no_build_gives_are_a_sentence(ferm, stored, column, value, words):
    manifest = ferm.manifest.copy()
    manifest.loc[2, column] = value
    write(dataclasses.replace(ferm, manifest=manifest), stored)
    with pytest.raises(ValueError, match=words):
        load(stored)


@pytest.mark.parametrize("funnel", [{}, [], None, {"step": [1]}, {"step": "drawn"}])
def test_a_bad_funnel_is_a_sentence(ferm, stored, funnel):
    write(dataclasses.replace(ferm, about=ferm.about | {"funnel": funnel}), stored)
    with pytest.raises(ValueError, match=rf"{MANIFEST}.*funnel"):
        open_set(stored)


def test_landmarks_that_are_no_numbers_are_a_sentence(ferm, stored):
    manifest = ferm.manifest.copy()
    manifest["landmarks"] = [np.full(136, np.nan, np.float32)] * len(manifest)
    write(dataclasses.replace(ferm, manifest=manifest), stored)
    with pytest.raises(DamagedFile, match="'landmarks' are no numbers"):
        load(stored)
    with pytest.raises(DamagedFile, match="'landmarks' are no numbers"):
        open_set(stored).points_at(np.arange(3))


def test_another_fer2013_is_refused(faces, stored):
    (stored / BARE).unlink()
    pixels = faces.pixels.copy()
    pixels[3, 20, 20] ^= 1
    other = dataclasses.replace(faces, pixels=pixels, source="mine.csv")
    with pytest.raises(ValueError, match=r"mine\.csv is not the FER2013 that .* was built from"):
        load(stored, other)


def test_a_shorter_fer2013_is_refused(faces, stored):
    (stored / BARE).unlink()
    short = dataclasses.replace(
        faces, pixels=faces.pixels[:20], table=faces.table[:20], source="mine.csv"
    )
    with pytest.raises(ValueError, match=r"mine\.csv has 20 rows of FER2013, without \d+ of the"):
        load(stored, short)


def test_a_manifest_of_schema_1_is_read_without_copies(ferm, faces, stored):
    table, about = read_parquet(stored / MANIFEST)
    write_parquet(stored / MANIFEST, table.drop(columns="copies"), about | {"schema": 1})
    for read_set in (load, open_set):
        assert read_set(stored).copies is None
    (stored / BARE).unlink()
    np.testing.assert_array_equal(load(stored, faces).masked, ferm.masked)
    write_parquet(stored / MANIFEST, table.drop(columns="copies"), about)
    with pytest.raises(ValueError, match="lacks copies"):
        load(stored)


def test_no_manifest(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"does not exist.*scripts\.build_ferm"):
        load(tmp_path)


def test_another_schema_is_refused(stored):
    table, about = read_parquet(stored / MANIFEST)
    write_parquet(stored / MANIFEST, table, about | {"schema": 3})
    with pytest.raises(ValueError, match="has schema 3; this version reads schema 1 and 2"):
        load(stored)


READERS = pytest.mark.parametrize("read", [load, open_set])


@READERS
@pytest.mark.parametrize("name", [MANIFEST, MASKED, BARE])
@pytest.mark.parametrize("share", [0.0, 0.4, 0.99])
def test_a_truncated_file_is_refused_by_name(stored, name, share, read):
    content = (stored / name).read_bytes()
    (stored / name).write_bytes(content[: int(len(content) * share)])
    with pytest.raises(ValueError, match=rf"{name}.*(cut short|damaged)"):
        read(stored)


@READERS
@pytest.mark.parametrize(
    "array", [np.zeros((3, 48, 48), np.uint8), np.zeros((26, 48, 48)), np.array(["a", None])]
)
def test_images_of_another_form_are_refused(stored, array, read):
    np.save(stored / MASKED, array)
    with pytest.raises(ValueError, match=rf"{MASKED} .*[bB]uild the set anew"):
        read(stored)


@READERS
def test_images_of_another_set_are_refused(ferm, stored, read):
    np.save(stored / BARE, ferm.bare[::-1])
    (stored / CHECKSUMS).unlink()
    with pytest.raises(ValueError, match=rf"{BARE} holds other pixels"):
        read(stored)


@READERS
@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda table: table.iloc[:0], "holds no face"),
        (lambda table: table.drop(columns=["yaw", "landmarks"]), "lacks yaw, landmarks"),
        (lambda table: table.assign(row="7"), "'row' holds .*string; expected whole numbers"),
        (lambda table: table.assign(fold=0.5), "'fold' holds double; expected whole numbers"),
        (lambda table: table.assign(label=1), "'label' holds int64; expected text"),
        (lambda table: table.assign(yaw="left"), "'yaw' holds .*; expected numbers"),
        (lambda table: table.assign(landmarks=1.5), "'landmarks' .* expected lists of numbers"),
        (lambda table: table.assign(label="happy"), "the label 'happy'; there are neutral"),
        (
            lambda table: table.assign(label=table["label"].where(table.index != 4)),
            r"'label' is missing at place 4 \(from 0\)",
        ),
    ],
)
def test_a_manifest_that_lacks_something_is_refused(stored, read, change, sentence):
    table, about = read_parquet(stored / MANIFEST)
    write_parquet(stored / MANIFEST, change(table), about)
    with pytest.raises(ValueError, match=rf"{MANIFEST}.*{sentence}.*scripts\.build_ferm"):
        read(stored)


@READERS
def test_a_manifest_that_does_not_say_what_it_is_is_refused(stored, read):
    table, about = read_parquet(stored / MANIFEST)
    del about["bare_sha256"], about["funnel"]
    write_parquet(stored / MANIFEST, table, about)
    with pytest.raises(ValueError, match=r"lacks its 'bare_sha256', its 'funnel'"):
        read(stored)


@READERS
def test_a_file_of_another_kind_is_refused(stored, read):
    (stored / MANIFEST).write_text("row,usage,label\n1,Training,sad\n")
    with pytest.raises(ValueError, match=rf"{MANIFEST} cannot be read as Parquet"):
        read(stored)


@READERS
def test_a_face_with_too_few_landmarks_is_refused(stored, read):
    table, about = read_parquet(stored / MANIFEST)
    table["landmarks"] = [each[:-1] for each in table["landmarks"]]
    write_parquet(stored / MANIFEST, table, about)
    with pytest.raises(ValueError, match=r"136 numbers"):
        _ = read(stored).points_xy


# -- Opened to be looked at ----------------------------------------------------------------


def test_an_opened_set_is_the_one_that_is_loaded(ferm, stored):
    opened, loaded = open_set(stored), load(stored)
    pd.testing.assert_frame_equal(opened.manifest, loaded.manifest.drop(columns=list(LEFT_IN_FILE)))
    assert opened.about == loaded.about
    np.testing.assert_array_equal(opened.masked, ferm.masked)
    np.testing.assert_array_equal(opened.bare, ferm.bare)
    np.testing.assert_array_equal(opened.labels, ferm.labels)
    np.testing.assert_array_equal(opened.points_xy, ferm.points_xy)
    some = [5, 0, 21]
    for each in (opened, loaded, ferm):
        np.testing.assert_array_equal(each.points_at(some), ferm.points_xy[some])
        assert each.passed_at(3) == list(ferm.manifest["passed"][3])


def test_opening_reads_no_landmarks_of_faces_that_nobody_asks_for(tmp_path):
    write_synthetic_set(tmp_path, 2 * ROWS_A_GROUP + 10, pictures=False)
    whole = open_set(tmp_path).points_xy
    schema = pq.read_schema(tmp_path / MANIFEST)
    spoil(tmp_path / MANIFEST, 2, column=schema.get_field_index("landmarks"))
    ferm = open_set(tmp_path)
    assert len(ferm.manifest) == len(whole)
    assert ferm.masked is None
    np.testing.assert_array_equal(ferm.points_at([9, ROWS_A_GROUP]), whole[[9, ROWS_A_GROUP]])
    with pytest.raises(DamagedFile, match=rf"{MANIFEST} cannot be read"):
        ferm.points_at([len(whole) - 1])
    with pytest.raises(ValueError, match=rf"{MANIFEST} cannot be read"):
        load(tmp_path)


def test_a_set_larger_than_fer2013_is_opened_without_a_look_at_every_pixel(
    ferm, stored, monkeypatch
):
    other = ferm.bare.copy()
    other[-1] ^= 1
    np.save(stored / BARE, other)
    (stored / CHECKSUMS).unlink()
    monkeypatch.setattr("fermask.dataset.manifest._MOST_CHECKED", len(other) - 1)
    np.testing.assert_array_equal(open_set(stored).bare[0], ferm.bare[0])
    with pytest.raises(ValueError, match=rf"{BARE} holds other pixels"):
        load(stored)


def test_an_opened_set_is_not_written_without_its_landmarks(stored, tmp_path):
    with pytest.raises(ValueError, match="was only opened"):
        write(open_set(stored), tmp_path / "again")
    assert not (tmp_path / "again").exists()


# -- Other versions ------------------------------------------------------------------------


def test_other_versions_may_draw_other_pixels(ferm):
    masked = ferm.masked.copy()
    masked[0, 30, 20] ^= 1
    assert not same_images(dataclasses.replace(ferm, masked=masked))


def test_nothing_to_render(ferm, faces):
    masked, bare = render(ferm.manifest.iloc[:0], faces)
    assert masked.shape == bare.shape == (0, 48, 48)


# -- The published set ---------------------------------------------------------------------


def test_the_published_manifest_is_ferm_v2():
    ferm = load(PUBLISHED)
    assert ferm.name == "FERM v2"
    assert ferm.manifest["label"].value_counts().to_dict() == TABLE_2
    assert set(ferm.manifest["usage"]) == {"Training", "PublicTest"}
    np.testing.assert_array_equal(ferm.manifest["fold"], fold_of_group(ferm.manifest["group"]))
    assert ferm.manifest["row"].is_unique
    assert not any(path.suffix == ".npy" for path in PUBLISHED.iterdir())


def test_the_published_set_was_built_with_the_default_settings():
    settings = json.loads(json.dumps(dataclasses.asdict(FermSettings())))
    assert settings == load(PUBLISHED).about["settings"]


def test_the_published_manifest_is_what_votes_landmarks_and_rows_give(published):
    labels = label_from_votes(published[list(VOTE_COLUMNS)].to_numpy())
    assert labels["label"].tolist() == published["label"].tolist()
    assert labels["agreement"].tolist() == published["agreement"].tolist()
    points_xy = listed_points(published["landmarks"])
    np.testing.assert_allclose(yaw_degrees(points_xy), published["yaw"], atol=1e-3)
    np.testing.assert_allclose(
        roll_degrees(points_xy[:, 36], points_xy[:, 45]), published["roll"], atol=1e-3
    )
    assert (first_rule(published, "face", ScreeningSettings()) == "").all()
    seeds = [stable_hash(f"mask 1 {row}") % 2**31 for row in published["row"]]
    assert seeds == published["mask_seed"].tolist()
    assert [draw_look(seed).style for seed in seeds] == published["mask_style"].tolist()


@pytest.mark.realdata
def test_the_published_manifest_draws_the_published_images(real_faces):
    ferm = load(PUBLISHED, real_faces)
    assert ferm.masked.shape == (3840, 48, 48)
    assert pixel_hash(ferm.masked) == ferm.about["masked_sha256"]


@pytest.mark.slow
@pytest.mark.realdata
def test_the_real_files_give_the_published_manifest(real_fer2013, real_faces):
    faces = join_ferplus(real_faces, read_ferplus(real_fer2013.ferplus))
    ferm = build(faces, jobs=os.cpu_count() or 1)
    published = load(PUBLISHED)
    assert ferm.manifest["label"].value_counts().to_dict() == TABLE_2
    pd.testing.assert_frame_equal(as_stored(ferm.manifest), as_stored(published.manifest))
    pd.testing.assert_frame_equal(ferm.funnel, published.funnel)
    assert ferm.about["masked_sha256"] == published.about["masked_sha256"]
