"""A set of one's own photographs: made as FERM is, of whatever classes, and by its own name."""

import shutil

import numpy as np
import pytest

from fermask.dataset.building import discard_work
from fermask.dataset.manifest import is_published, load, open_set, pixel_hash, write
from fermask.dataset.splits import fold_of_group
from fermask.faces.landmarks import landmarks_in_box
from fermask.faces.masking import draw_look, put_mask
from fermask.hosting.set_facts import facts, known_limits, set_words
from fermask.photographs import own_set
from fermask.photographs.detection import detect_faces
from fermask.photographs.labelled import read_labelled
from fermask.photographs.own_set import OwnSettings, build_own, landmarks_fit
from tests.faces import astronaut
from tests.own_photographs import CLASSES, PEOPLE, write_class_folders


@pytest.fixture(scope="module")
def photographs(tmp_path_factory):
    return write_class_folders(tmp_path_factory.mktemp("photographs") / "faces")


@pytest.fixture(scope="module")
def looked_at(photographs, tmp_path_factory):
    """The working folder of a build, with what was found in the photographs."""
    work = tmp_path_factory.mktemp("work")
    build_own(read_labelled(photographs), work=work)
    return work


@pytest.fixture
def build(photographs, looked_at, tmp_path):
    """Builds sets of the photographs, whose faces are found already."""
    shutil.copytree(looked_at, tmp_path / "work")
    return lambda **settings: build_own(
        read_labelled(photographs), OwnSettings(**settings), tmp_path / "work"
    )


@pytest.fixture
def ferm(build):
    return build()


def faces_of(ferm, file):
    return ferm.manifest[ferm.manifest["file"] == file].iloc[0]


def test_every_photograph_is_counted_and_the_classes_are_the_folders(ferm):
    assert ferm.classes == CLASSES
    assert ferm.about["unreadable"] == 1
    counts = ferm.funnel.set_index("step").drop(columns="other")
    assert counts.loc["all"].sum() == ferm.about["photographs"] == len(PEOPLE) + 3
    assert counts.loc["no_face"].to_dict() == {"calm": 1, "lively": 0, "stern": 0}
    assert counts.loc["left"].to_dict() == ferm.manifest["label"].value_counts().to_dict()
    assert (counts.loc["left"] >= 4).all()
    assert [ferm.classes[i] for i in ferm.labels] == ferm.manifest["label"].to_list()


def test_a_bare_face_gets_a_mask_and_a_worn_one_stays(ferm):
    worn = (ferm.manifest["mask_style"] == "worn").to_numpy()
    assert ferm.manifest["file"][worn].to_list() == ["lively/masked.png"]
    np.testing.assert_array_equal(ferm.masked[worn], ferm.bare[worn])
    for place in np.flatnonzero(~worn):
        look = draw_look(int(ferm.manifest["mask_seed"].iloc[place]))
        drawn = put_mask(ferm.bare[place], ferm.points_xy[place], look)
        np.testing.assert_array_equal(drawn.image, ferm.masked[place])
        assert not drawn.problems
        # Eyes over nose over mouth, within the crop: the landmarks are the crop's own.
        heights = [ferm.points_xy[place, n, 1] for n in (37, 30, 57)]
        assert 8 < heights[0] < heights[1] < heights[2] < 47
    assert "bad_mask" in ferm.passed_at(int(np.flatnonzero(~worn)[0]))
    assert "bad_mask" not in ferm.passed_at(int(np.flatnonzero(worn)[0]))


def test_masks_are_drawn_on_all_or_on_none_where_somebody_says_so(build):
    drawn, worn = build(masks="drawn"), build(masks="worn")
    assert "worn" not in set(drawn.manifest["mask_style"])
    assert set(worn.manifest["mask_style"]) == {"worn"}
    np.testing.assert_array_equal(worn.masked, worn.bare)
    names = ("own photographs faces, masks drawn", "own photographs faces, masks as worn")
    assert (drawn.name, worn.name) == names
    with pytest.raises(ValueError, match="Unknown masks 'none'"):
        build(masks="none")


def test_copies_are_found_and_stay_in_one_fold(ferm):
    first, copy = faces_of(ferm, f"calm/{PEOPLE[0]:02}.jpg"), faces_of(ferm, "calm/copy.jpg")
    assert first["group"] == copy["group"] == first["row"]
    assert first["fold"] == copy["fold"]
    assert first["copies"] == copy["copies"] == 2
    others = ferm.manifest[ferm.manifest["copies"] == 1]
    np.testing.assert_array_equal(others["fold"], fold_of_group(others["row"].to_numpy()))


def test_photographs_of_one_person_stay_in_one_fold(photographs, looked_at, tmp_path):
    lines = ["path,label,person"]
    files = read_labelled(photographs).table
    people = np.resize(["a", "b"], len(files))
    told = zip(files["file"], files["label"], people, strict=True)
    lines += [",".join(each) for each in told]
    path = photographs / "people.csv"
    path.write_text("\n".join(lines))
    shutil.copytree(looked_at, tmp_path / "work")
    ferm = build_own(read_labelled(path), work=tmp_path / "work")
    path.unlink()
    assert ferm.manifest["fold"].nunique() <= 2
    assert ferm.manifest["group"].nunique() == len(ferm.manifest) - 1
    assert ferm.about["labels_from"] == "the column label"


def test_a_set_is_written_and_read_back_and_is_never_the_published_one(ferm, tmp_path):
    write(ferm, tmp_path / "set")
    for read in (load(tmp_path / "set"), open_set(tmp_path / "set")):
        assert read.classes == CLASSES
        assert read.is_own
        assert not is_published(read)
        assert pixel_hash(read.masked) == ferm.about["masked_sha256"]
        np.testing.assert_array_equal(read.labels, ferm.labels)
    said = " ".join([set_words(ferm), *facts(ferm).values(), *known_limits(ferm)])
    assert "It is not FERM" in said
    assert "1 files could not be read" in said


def test_an_interrupted_build_goes_on_and_gives_the_same_set(
    photographs, looked_at, ferm, tmp_path, monkeypatch
):
    def stop(step, done, total):
        if step == "masks":
            raise KeyboardInterrupt

    files, work = read_labelled(photographs), tmp_path / "again"
    shutil.copytree(looked_at, work)
    (work / "groups.npy").unlink()
    monkeypatch.setattr(own_set, "_look_at", lambda *_: pytest.fail("looked again"))
    with pytest.raises(KeyboardInterrupt):
        build_own(files, work=work, progress=stop)
    assert (work / "groups.npy").is_file()
    again = build_own(files, work=work)
    assert again.about == ferm.about
    assert again.manifest.equals(ferm.manifest)
    discard_work(work)
    assert not work.exists()


def test_another_photograph_is_looked_at_anew(photographs, looked_at, tmp_path, monkeypatch):
    shutil.copytree(looked_at, tmp_path / "work")
    shutil.copytree(photographs, tmp_path / "faces")
    (tmp_path / "faces" / "stern" / "more.png").write_bytes(b"")
    monkeypatch.setattr(own_set, "_look_at", lambda *_: pytest.fail("looked again"))
    with pytest.raises(pytest.fail.Exception, match="looked again"):
        build_own(read_labelled(tmp_path / "faces"), work=tmp_path / "work")


def test_landmarks_beside_the_face_are_not_its_own():
    (face,) = detect_faces(astronaut())
    points_xy = landmarks_in_box(astronaut(), face.box_xywh)
    assert landmarks_fit(points_xy, face)
    for way in ((0.3, 0), (0, -0.3)):
        assert not landmarks_fit(points_xy + np.multiply(way, face.box_xywh[3]), face)


def test_photographs_without_faces_are_a_sentence(tmp_path):
    for label in ("calm", "stern"):
        (tmp_path / label).mkdir()
        (tmp_path / label / "broken.png").write_bytes(b"\x89PNG\r\n")
    with pytest.raises(ValueError, match="None of the 2 files"):
        build_own(read_labelled(tmp_path))
