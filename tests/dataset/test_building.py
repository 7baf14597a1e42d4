"""FERM: the faces that pass, drawn, masked and given a fold, the same however it is built."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from fermask.dataset.building import build, discard_work
from fermask.dataset.fer2013 import read_fer2013
from fermask.dataset.ferm import FermSettings
from fermask.dataset.manifest import (
    same_images,
)
from fermask.dataset.screening import RULES, ScreeningSettings, copies_in_file
from fermask.faces.labels import CLASSES, VOTE_COLUMNS
from fermask.faces.masking import draw_look, put_mask
from tests.tiny_fer2013 import TinyFer2013, read

ALL = FermSettings(quotas=None)


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


def test_copies_are_the_rows_of_the_file_that_show_a_photograph(rows, ferm):
    copies = ferm.manifest.set_index("row")["copies"]
    assert copies.dtype == np.int32
    # The first good face has a twin in PrivateTest, which is not counted.
    assert copies[rows.rows["twins"]].to_list() == [2, 2]
    assert (copies[rows.rows["good"]] == 1).all()
    np.testing.assert_array_equal(ferm.copies, copies)


def test_the_copies_of_a_private_test_face_are_all_there_are():
    group, usage = [0, 0, 0, 3, 3], np.array(["Training"] * 2 + ["PrivateTest"] * 3)
    assert copies_in_file(group, usage).tolist() == [2, 2, 3, 2, 2]


def test_a_photograph_comes_once_before_any_comes_twice(rows, faces, work):
    """The two twins are sad, and so are six others."""
    for seed in range(1, 5):
        settings = FermSettings(quotas={"sad": 7}, seed=seed)
        drawn = build(faces, settings, work).manifest
        assert drawn["group"].is_unique
        both = build(faces, dataclasses.replace(settings, quotas={"sad": 8}), work).manifest
        assert set(drawn["row"]) < set(both["row"])
        assert set(rows.rows["twins"]) < set(both["row"])


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
