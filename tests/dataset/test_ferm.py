"""FERM: the faces that pass, drawn, masked and given a fold, the same however it is built."""

import dataclasses
import json
import os

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fermask.dataset.building import build, discard_work
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
from fermask.dataset.screening import RULES, ScreeningSettings, copies_in_file, first_rule
from fermask.dataset.splits import FOLDS, fold_of_group, stable_hash, validation_faces
from fermask.faces.labels import CLASSES, VOTE_COLUMNS, label_from_votes
from fermask.faces.landmarks import roll_degrees, yaw_degrees
from fermask.faces.masking import draw_look, put_mask
from fermask.system.parquet import ROWS_A_GROUP, DamagedFile, read_parquet, write_parquet
from fermask.system.paths import PUBLISHED
from scripts.bench.synthetic_set import write_synthetic_set
from tests.spoiled import spoil
from tests.tiny_fer2013 import TinyFer2013, read

ALL = FermSettings(quotas=None)


@pytest.fixture(scope="module")
def rows():
    return TinyFer2013()


@pytest.fixture(scope="module")
def folder(rows, tmp_path_factory):
    return rows.write(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="module")
def faces(folder):
    return read(folder)


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    """What builds of ``faces`` keep, so that each test need not look for landmarks again."""
    return tmp_path_factory.mktemp("work")


@pytest.fixture(scope="module")
def ferm(faces, work):
    return build(faces, ALL, work)


def assert_same(one, other):
    pd.testing.assert_frame_equal(one.manifest, other.manifest)
    assert one.about == other.about
    np.testing.assert_array_equal(one.masked, other.masked)
    np.testing.assert_array_equal(one.bare, other.bare)


def dropped(table):
    steps = table.set_index("step").drop(index=["all", "left"]).sum(axis=1)
    return steps[steps > 0].to_dict()


# -- Building ------------------------------------------------------------------------------


def test_the_good_faces_pass_and_each_rule_drops_its_own(rows, ferm):
    assert ferm.manifest["row"].to_list() == rows.rows["good"] + rows.rows["twins"]
    rules = set(RULES) - {"twin_of_training", "bad_mask"}
    assert dropped(ferm.funnel) == {rule: len(rows.rows[rule]) for rule in rules}


def test_the_funnel_ends_with_the_faces_that_are_left(rows, ferm):
    table = ferm.funnel.set_index("step")
    public = sum(usage != "PrivateTest" for usage in rows.usages)
    assert table.loc["all"].sum() == public
    assert (table.loc["all"] == table.drop("all").sum()).all()
    counts = ferm.manifest["label"].value_counts()
    assert table.loc["left", list(CLASSES)].to_dict() == counts.to_dict()


def test_each_face_keeps_its_row_of_fer2013(rows, ferm, faces):
    manifest = ferm.manifest
    np.testing.assert_array_equal(ferm.bare, np.stack(rows.pixels)[manifest["row"]])
    votes = np.array(rows.votes)[manifest["row"]]
    np.testing.assert_array_equal(manifest[list(VOTE_COLUMNS)], votes)
    np.testing.assert_array_equal(manifest["agreement"], votes.max(axis=1) / 10)
    assert manifest["usage"].to_list() == [rows.usages[row] for row in manifest["row"]]
    assert list(manifest.columns[:5]) == ["row", "usage", "label", "group", "fold"]


def test_labels_are_the_majority_of_the_votes(ferm):
    names = {"neutral": "neutral", "sadness": "sad", "surprise": "surprise", "anger": "angry"}
    for column, name in names.items():
        ours = ferm.manifest[ferm.manifest["label"] == name]
        assert (ours[f"votes_{column}"] >= 6).all()
    assert [CLASSES[number] for number in ferm.labels] == ferm.manifest["label"].to_list()


def test_the_masks_are_those_of_the_seeds(ferm):
    assert ferm.points_xy.shape == (len(ferm.manifest), 68, 2)
    for i, face in enumerate(ferm.manifest.itertuples()):
        look = draw_look(face.mask_seed)
        assert look.style == face.mask_style
        masked = put_mask(ferm.bare[i], ferm.points_xy[i], look)
        np.testing.assert_array_equal(masked.image, ferm.masked[i])
        assert not masked.problems
    assert same_images(ferm)


def test_what_is_measured_lies_within_the_thresholds(ferm):
    manifest, limits = ferm.manifest, ScreeningSettings()
    assert (manifest["score"] >= limits.min_score).all()
    assert (manifest["yaw"].abs() <= limits.max_yaw).all()
    assert (manifest["roll"].abs() <= limits.max_roll).all()
    assert (manifest["sharpness"] >= limits.min_sharpness).all()
    expected = [rule for rule in RULES if rule != "twin_of_training"]
    assert all(list(passed) == expected for passed in manifest["passed"])


def test_twins_share_a_group_and_a_fold(rows, ferm):
    twins = ferm.manifest[ferm.manifest["row"].isin(rows.rows["twins"])]
    assert set(twins["group"]) == {rows.rows["twins"][0]}
    assert len(set(twins["fold"])) == 1


def test_a_file_with_private_test_gives_the_same_set_as_one_without(ferm, tmp_path):
    without = build(read(TinyFer2013(private=False).write(tmp_path)), ALL)
    pd.testing.assert_frame_equal(without.manifest, ferm.manifest)
    np.testing.assert_array_equal(without.masked, ferm.masked)
    assert without.about["source_sha256"] != ferm.about["source_sha256"]


def test_private_test_alone_leaves_out_twins_of_the_others(rows, faces):
    settings = FermSettings(usages=("PrivateTest",), quotas=None)
    ferm = build(faces, settings)
    assert ferm.manifest["row"].to_list() == rows.rows["private"]
    assert dropped(ferm.funnel) == {"twin_of_training": 1}
    assert all("twin_of_training" in passed for passed in ferm.manifest["passed"])
    assert ferm.name == "FERM screening of PrivateTest, all that pass"


def test_processes_and_stored_work_do_not_change_the_set(faces, ferm, tmp_path, monkeypatch):
    monkeypatch.setattr("fermask.dataset.face_quality.CHUNK", 7)
    assert_same(build(faces, ALL), ferm)
    assert_same(build(faces, ALL, tmp_path / "work", jobs=2), ferm)
    # Now all of it is stored.
    assert_same(build(faces, ALL, tmp_path / "work"), ferm)


class Stopped(Exception):
    pass


@pytest.mark.parametrize("jobs", [1, 2])
def test_an_interrupted_build_goes_on_where_it_stopped(faces, ferm, tmp_path, monkeypatch, jobs):
    monkeypatch.setattr("fermask.dataset.face_quality.CHUNK", 5)
    work = tmp_path / "work"

    def stop_half_way(step, done, total):
        if step == "landmarks" and done > total / 2:
            raise Stopped

    with pytest.raises(Stopped):
        build(faces, ALL, work, jobs, stop_half_way)
    stored = {path: path.stat().st_mtime_ns for path in work.glob("*.npy")}
    # Which chunks are there depends on which of two processes was quicker.
    names = {path.name for path in stored}
    assert "groups.npy" in names
    assert len(names) > 2
    steps = []
    # By however many it was begun, one process can go on.
    again = build(faces, ALL, work, progress=lambda step, done, total: steps.append(step))
    assert_same(again, ferm)
    assert "duplicates" not in steps
    assert {path: path.stat().st_mtime_ns for path in stored} == stored


def test_progress_runs_from_nothing_to_all_of_each_step(faces, ferm):
    calls = {}
    build(faces, ALL, progress=lambda step, *count: calls.setdefault(step, []).append(count))
    assert list(calls) == ["duplicates", "landmarks", "masks"]
    for counts in calls.values():
        done, totals = zip(*counts, strict=True)
        assert len(set(totals)) == 1
        assert list(done) == sorted(done)
        assert done[-1] == totals[-1]


def test_work_of_other_data_or_settings_is_not_used(faces, ferm, tmp_path):
    work = tmp_path / "work"
    build(faces, ALL, work)
    strict = dataclasses.replace(ALL, screening=ScreeningSettings(min_agreement=0.8))
    assert_same(build(faces, strict, work), build(faces, strict))
    pixels = faces.pixels.copy()
    pixels[0] = pixels[4]
    changed = dataclasses.replace(faces, pixels=pixels)
    assert_same(build(changed, strict, work), build(changed, strict))
    assert_same(build(faces, ALL, work), ferm)


def test_work_serves_other_quotas_and_seeds(faces, work, ferm):
    steps = []
    settings = FermSettings(quotas={"sad": 3}, seed=5)
    build(faces, settings, work, progress=lambda step, done, total: steps.append(step))
    assert "duplicates" not in steps


def test_a_working_folder_loses_nothing_but_the_builds_own_files(faces, tmp_path):
    (tmp_path / "thesis.npy").write_text("years of work")
    build(faces, ALL, tmp_path)
    build(faces, dataclasses.replace(ALL, usages=("PublicTest",)), tmp_path)
    discard_work(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.npy"]


def test_discarding_work_that_is_not_there_is_no_error(tmp_path):
    discard_work(tmp_path / "none")
    empty = tmp_path / "empty"
    empty.mkdir()
    discard_work(empty)
    assert not empty.exists()


# -- Quotas and names ----------------------------------------------------------------------


def test_the_copies_of_a_private_test_face_are_all_there_are():
    group, usage = [0, 0, 0, 3, 3], np.array(["Training"] * 2 + ["PrivateTest"] * 3)
    assert copies_in_file(group, usage).tolist() == [2, 2, 3, 2, 2]


def test_quotas_are_drawn_exactly(faces, work):
    quotas = {"neutral": 2, "sad": 5, "surprise": 1, "angry": 6}
    ferm = build(faces, FermSettings(quotas=quotas), work)
    assert ferm.manifest["label"].value_counts().to_dict() == quotas
    assert ferm.manifest["row"].is_monotonic_increasing


def test_a_lower_quota_takes_faces_away_and_adds_none(faces, work):
    drawn = []
    for count in (6, 4, 2, 1):
        quotas = dict.fromkeys(CLASSES, count)
        manifest = build(faces, FermSettings(quotas=quotas), work).manifest
        drawn.append(set(manifest["row"]))
        assert len(drawn[-1]) == 4 * count
    assert drawn[0] > drawn[1] > drawn[2] > drawn[3]


def test_the_seed_changes_the_draw_and_the_masks(faces, work):
    quotas = dict.fromkeys(CLASSES, 3)
    first, second = (build(faces, FermSettings(quotas=quotas, seed=s), work) for s in (1, 2))
    assert set(first.manifest["row"]) != set(second.manifest["row"])
    both = first.manifest.merge(second.manifest, on="row")
    assert (both["mask_seed_x"] != both["mask_seed_y"]).all()
    assert (both["fold_x"] == both["fold_y"]).all()


@pytest.mark.parametrize(
    ("quota", "that"), [(30, "have a label that passes"), (7, "pass the screening")]
)
def test_too_few_faces_for_a_quota(faces, work, quota, that):
    with pytest.raises(ValueError, match=rf"Only \d angry faces {that}, but the quota is {quota}"):
        build(faces, FermSettings(quotas={"angry": quota}), work)


def test_no_face_that_passes(faces):
    strict = FermSettings(quotas=None, screening=ScreeningSettings(min_score=9.0))
    with pytest.raises(
        ValueError, match=r"No faces of Training, PublicTest in .* pass the screening"
    ):
        build(faces, strict)
    nobody = FermSettings(quotas=None, screening=ScreeningSettings(min_agreement=1.1))
    with pytest.raises(ValueError, match=r"No faces .* have a label that passes"):
        build(faces, nobody)


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"usages": ("Train",)}, "Unknown usage 'Train'; FER2013 has Training"),
        ({"quotas": {"happy": 3}}, "Unknown class 'happy' in the quotas; use neutral"),
        ({"quotas": {"sad": -1}}, "Quotas are 0 or more"),
        ({"quotas": {}}, "not all 0"),
    ],
)
def test_settings_that_make_no_sense_are_refused(faces, changed, sentence):
    with pytest.raises(ValueError, match=sentence):
        build(faces, FermSettings(**changed))


def test_a_usage_that_the_file_lacks_is_refused(tmp_path):
    faces = read(TinyFer2013(private=False).write(tmp_path))
    with pytest.raises(ValueError, match="has no face of PrivateTest; it has PublicTest, Training"):
        build(faces, FermSettings(usages=("PrivateTest",)))


def test_a_name_says_what_a_set_is(faces, work, ferm):
    assert ferm.name == "FERM screening of Training+PublicTest, all that pass"
    other = FermSettings(quotas={"sad": 2}, seed=9)
    name = build(faces, other, work).name
    assert name == "FERM screening of Training+PublicTest, other quotas, other settings"


def test_without_votes_the_labels_are_fer2013s_own(folder, rows):
    ferm = build(read_fer2013(folder / "fer2013.csv"), ALL)
    assert ferm.name.endswith("FER2013 labels")
    assert ferm.about["labels_from"] == "FER2013's own labels"
    # The weak label is none here, and its face passes.
    assert rows.rows["weak_label"][0] in ferm.manifest["row"].to_list()
    assert ferm.manifest["agreement"].isna().all()
    assert ferm.manifest[list(VOTE_COLUMNS)].isna().all(axis=None)
    assert all("weak_label" not in passed for passed in ferm.manifest["passed"])


# -- Folds and protocols -------------------------------------------------------------------


def test_folds_never_change():
    assert fold_of_group(np.arange(12)).tolist() == [6, 7, 6, 2, 8, 9, 5, 1, 1, 7, 5, 4]
    assert fold_of_group(np.array([32_297, 35_886])).tolist() == [7, 8]
    assert fold_of_group(np.array([], int)).tolist() == []


@given(st.lists(st.integers(0, 40_000), min_size=1))
def test_a_fold_depends_on_the_group_alone(groups):
    folds = fold_of_group(np.array(groups))
    assert folds.dtype == np.int8
    for group, fold in zip(groups, folds, strict=True):
        assert fold == fold_of_group([group])[0]
        assert 0 <= fold < FOLDS


def test_folds_are_about_as_large():
    counts = np.bincount(fold_of_group(np.arange(5000)), minlength=FOLDS)
    assert counts.min() > 400
    assert counts.max() < 600


@pytest.fixture(scope="module")
def published():
    return load(PUBLISHED).manifest


def test_clean_keeps_each_group_on_one_side(published):
    held_back = [validation_faces(published, "clean", seed) for seed in range(FOLDS)]
    assert (np.sum(held_back, axis=0) == 1).all()
    group = published["group"].to_numpy()
    assert len(set(group)) < len(group)
    for ours in held_back:
        assert 0.07 < ours.mean() < 0.13
        assert not set(group[ours]) & set(group[~ours])


@pytest.mark.parametrize("seed", [-1, 10])
def test_clean_has_ten_folds(published, seed):
    with pytest.raises(ValueError, match=rf"the seed is the fold held back, 0…9: {seed}"):
        validation_faces(published, "clean", seed)


def test_paper_holds_back_a_tenth_of_each_class(published):
    held_back = validation_faces(published, "paper", 0)
    counts = published.loc[held_back, "label"].value_counts().to_dict()
    assert counts == {name: count // 10 for name, count in TABLE_2.items()}
    np.testing.assert_array_equal(held_back, validation_faces(published, "paper", 0))
    other = validation_faces(published, "paper", 1)
    assert (held_back & other).sum() < 0.3 * held_back.sum()


def test_an_unknown_protocol_is_refused(published):
    with pytest.raises(ValueError, match="Unknown protocol 'dirty'; there are paper, clean"):
        validation_faces(published, "dirty", 0)


# -- Storing -------------------------------------------------------------------------------


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
    assert [path.name for path in stored.iterdir()] == [MANIFEST]


def test_a_set_that_is_half_written_does_not_look_complete(ferm, stored, monkeypatch):
    def fail(path, array):
        if path.name == BARE:
            raise OSError("the disk is full")

    monkeypatch.setattr("fermask.dataset.manifest.write_array", fail)
    with pytest.raises(OSError, match="full"):
        write(ferm, stored)
    with pytest.raises(FileNotFoundError, match=r"scripts\.build_ferm"):
        load(stored)


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


def test_how_many_copies_a_photograph_has_is_read_where_it_was_counted(ferm, stored):
    table, about = read_parquet(stored / MANIFEST)
    assert ferm.copies is None
    assert load(stored).copies is None
    write_parquet(stored / MANIFEST, table, about | {"schema": 2})
    with pytest.raises(ValueError, match="lacks copies"):
        load(stored)
    counted = table.assign(copies=np.arange(len(table), dtype=np.int32))
    write_parquet(stored / MANIFEST, counted, about | {"schema": 2})
    for read_set in (load, open_set):
        assert read_set(stored).copies.tolist() == list(range(len(table)))


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


def test_the_published_manifest_is_ferm_v1():
    ferm = load(PUBLISHED)
    assert ferm.name == "FERM v1"
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
