"""A file of FER2013 is known by its pixels: put back where it was reordered, or refused."""

import numpy as np
import pytest

from fermask.dataset.fer2013 import data_hash, join_ferplus, read_fer2013, read_ferplus
from fermask.dataset.fer2013_rows import (
    PUBLIC_ROWS,
    published_hashes,
    row_hashes,
    rows_of_pixels,
    trained_on_pixels,
)
from fermask.faces.labels import FERPLUS_VOTES
from tests.tiny import stand_for_fer2013, write_fer2013, write_ferplus

# All of a made-up FER2013. Rows 2 and 31 show the same pixels, as do rows 3 and 4.
PIXELS = np.random.default_rng(5).integers(0, 256, (60, 48, 48), dtype=np.uint8)
PIXELS[31], PIXELS[4] = PIXELS[2], PIXELS[3]
EMOTIONS = np.array([0, 1, 2, 3, 4, 5, 6] * 9)[:60]
USAGES = np.array(["Training"] * 30 + ["PublicTest"] * 15 + ["PrivateTest"] * 15)
_VOTED = ("anger", "disgust", "fear", "happiness", "sadness", "surprise", "neutral")
VOTES = np.array([[10 * (name == _VOTED[each]) for name in FERPLUS_VOTES] for each in EMOTIONS])
PUBLIC = np.arange(45)


@pytest.fixture(autouse=True)
def known_rows(monkeypatch):
    stand_for_fer2013(monkeypatch, PIXELS, USAGES)


@pytest.fixture
def ferplus(tmp_path):
    write_ferplus(tmp_path / "fer2013new.csv", VOTES, USAGES)
    return read_ferplus(tmp_path / "fer2013new.csv")


@pytest.fixture
def file_of(tmp_path):
    """Reads a file of some rows in some order."""

    def read(rows, pixels=PIXELS):
        write_fer2013(tmp_path / "fer2013.csv", pixels[rows], EMOTIONS[rows], USAGES[rows])
        return read_fer2013(tmp_path / "fer2013.csv")

    return read


def rows_in(faces):
    return faces.table["row"].to_list()


def test_kaggles_own_file_is_taken_as_it_is(file_of):
    faces = file_of(np.arange(60))
    assert faces.recognised
    assert faces.note == ""
    assert rows_in(faces) == list(range(60))


def test_a_sorted_file_is_put_back(file_of, ferplus):
    whole = join_ferplus(file_of(PUBLIC), ferplus)
    order = PUBLIC[np.argsort(EMOTIONS[PUBLIC], kind="stable")]
    faces = file_of(order)
    assert "45 of its 45 faces were recognised by their pixels" in faces.note
    joined = join_ferplus(faces, ferplus)
    np.testing.assert_array_equal(joined.pixels, PIXELS[PUBLIC])
    np.testing.assert_array_equal(joined.votes, VOTES[PUBLIC])
    # The twins in one part, 3 and 4, go by the file's order, and so swap nothing here.
    assert data_hash(joined) == data_hash(whole)


def test_equal_rows_go_to_their_own_part_and_then_by_the_files_order(file_of):
    faces = file_of(np.array([31, 2, 4, 3, *range(5, 20)]))
    assert rows_in(faces) == [2, 3, 4, *range(5, 20), 31]
    assert faces.table["usage"].to_list() == ["Training"] * 18 + ["PublicTest"]
    assert faces.table["emotion"].to_list()[1:3] == [EMOTIONS[4], EMOTIONS[3]]


def test_a_cut_file_keeps_fer2013s_rows_and_takes_their_votes(file_of, ferplus):
    kept = np.flatnonzero((EMOTIONS == 5) | (EMOTIONS == 6))
    kept = kept[kept < 45]
    faces = join_ferplus(file_of(kept), ferplus)
    assert rows_in(faces) == kept.tolist()
    np.testing.assert_array_equal(faces.votes, VOTES[kept])
    np.testing.assert_array_equal(faces.pixels_of(kept[[3, 0]]), PIXELS[kept[[3, 0]]])
    assert f"{45 - len(kept)} of the 45 rows of Training and PublicTest are missing" in faces.note
    with pytest.raises(ValueError, match="without 1 of the 2 asked for; the first of these is row"):
        faces.pixels_of(np.array([kept[1], kept[1] + 1]))


def test_a_cut_file_takes_no_votes_that_are_cut_too(file_of, ferplus):
    kept = np.arange(10, 45)
    with pytest.raises(ValueError, match="one for each of FER2013's in its own order"):
        join_ferplus(file_of(kept), ferplus.iloc[kept].reset_index(drop=True))


def test_the_beginning_of_the_file_is_in_order(file_of):
    faces = file_of(np.arange(20))
    assert faces.recognised
    assert faces.note == ""
    assert rows_in(faces) == list(range(20))


def test_private_test_keeps_its_order_where_the_others_keep_theirs(file_of):
    order = np.concatenate([np.arange(45, 60), np.arange(30, 45), np.arange(30)])
    assert rows_in(file_of(order)) == list(range(45))
    assert "15 were not and are left out" in file_of(order).note
    order = np.concatenate([np.arange(45, 60), np.arange(45)])
    np.testing.assert_array_equal(file_of(order).pixels, PIXELS)
    assert rows_in(file_of(np.arange(30, 60))) == list(range(30, 60))
    assert rows_in(file_of(np.r_[:10, 45:60])) == [*range(10), *range(45, 60)]


def test_private_test_alone_stands_at_its_rows(file_of, ferplus):
    faces = file_of(np.arange(45, 60))
    assert not faces.recognised
    assert rows_in(faces) == list(range(45, 60))
    np.testing.assert_array_equal(join_ferplus(faces, ferplus).votes, VOTES[45:])


def test_a_changed_row_stays_where_it_is(file_of):
    pixels = PIXELS.copy()
    pixels[7] ^= 1
    faces = file_of(np.arange(60), pixels)
    assert faces.recognised
    np.testing.assert_array_equal(faces.pixels[7], pixels[7])


def test_a_face_that_stands_there_too_often_is_left_out(file_of):
    faces = file_of(np.array([5, 5, 6, 7, 8]))
    assert rows_in(faces) == [5, 6, 7, 8]
    assert "1 were not and are left out" in faces.note


def test_other_faces_are_taken_as_they_are(file_of, ferplus):
    faces = file_of(np.arange(60)[::-1], 255 - PIXELS)
    assert not faces.recognised
    assert faces.note == ""
    assert rows_in(faces) == list(range(60))


def test_votes_of_other_faces_are_refused(file_of, ferplus):
    """Pixels that nobody knows, sorted by emotion, beside votes in FER2013's order."""
    order = np.argsort(EMOTIONS, kind="stable")
    ferplus["usage"] = USAGES[order]
    faces = file_of(order, 255 - PIXELS)
    with pytest.raises(ValueError, match=r"emotion for \d+% of 60 faces, and would for about 66%"):
        join_ferplus(faces, ferplus)


def test_votes_that_differ_as_much_as_fer_pluss_do_are_taken(file_of, ferplus):
    votes = [f"votes_{name}" for name in FERPLUS_VOTES]
    wrong = np.arange(60) % 5 < 2
    ferplus.loc[wrong, votes] = np.roll(VOTES[wrong], 1, axis=1).astype(np.int8)
    assert join_ferplus(file_of(np.arange(60), 255 - PIXELS), ferplus).has_votes


def test_training_faces_are_told_by_their_pixels():
    asked = PIXELS[[31, 8, 4, 50]]
    assert trained_on_pixels(asked, [2, 3, 50]).tolist() == [True, False, True, False]


def test_a_row_is_told_whatever_its_usage():
    assert rows_of_pixels(PIXELS[[31, 40, 59]], ["PrivateTest"] * 3).tolist() == [2, 40, -1]


def test_a_hash_is_the_first_bytes_of_sha_256():
    black = np.zeros((1, 48, 48), np.uint8)
    # head -c 2304 /dev/zero | sha256sum
    assert f"{row_hashes(black)[0]:016x}" == "cfc335996cfae29f"


def test_every_public_row_has_a_published_hash(monkeypatch):
    monkeypatch.undo()
    assert len(published_hashes()) == PUBLIC_ROWS


@pytest.mark.realdata
def test_the_published_hashes_are_those_of_the_real_file(real_faces, monkeypatch):
    monkeypatch.undo()
    faces = real_faces
    assert faces.recognised
    assert faces.note == ""
    np.testing.assert_array_equal(row_hashes(faces.pixels[:PUBLIC_ROWS]), published_hashes())
