"""Disturbances grow with their severity, unseen masks are masks unlike the trained ones."""

import numpy as np
import pytest

from fermask.faces.landmarks import find_landmarks
from fermask.faces.mask_styles import STYLES
from fermask.faces.masking import draw_look, mask_problems, put_mask
from fermask.studies.disturbances import (
    BARE,
    DISTURBANCES,
    SEVERITIES,
    UNDISTURBED,
    UNSEEN,
    UNSEEN_MASKS,
    WORN_LIKE,
    Disturbance,
    disturbed_accuracy,
    put_unseen_mask,
    robustness,
    unseen_masks,
    worn_like_masks,
)
from tests.faces import face

FACE = face()
POINTS = find_landmarks(FACE).points_xy
MASKED = put_mask(FACE, POINTS, draw_look(0)).image
FACES = np.stack([MASKED] * 6)


class Fake:
    """A network that says what it is told to, and keeps what it was asked."""

    def __init__(self, said):
        self.said, self.asked = np.asarray(said), []

    def probabilities(self, faces):
        self.asked.append(faces)
        return np.eye(4)[self.said]


@pytest.mark.parametrize("disturbance", DISTURBANCES.values(), ids=DISTURBANCES)
def test_each_severity_disturbs_more_than_the_one_before(disturbance):
    far = [
        np.abs(disturbance(FACES, severity).astype(float) - FACES).mean()
        for severity in (0, *SEVERITIES)
    ]
    assert far[0] == 0
    assert (np.diff(far) > 0.1).all(), far


@pytest.mark.parametrize("disturbance", DISTURBANCES.values(), ids=DISTURBANCES)
def test_a_seed_is_a_disturbance(disturbance):
    before = FACES.copy()
    one, two = (disturbance(FACES, 3, np.random.default_rng(7)) for _ in range(2))
    np.testing.assert_array_equal(one, two)
    np.testing.assert_array_equal(FACES, before)
    assert (one.dtype, one.shape) == (np.uint8, FACES.shape)


@pytest.mark.parametrize("name", ["light", "noise", "rotation", "shift"])
def test_faces_are_not_all_disturbed_alike(name):
    assert len({each.tobytes() for each in DISTURBANCES[name](FACES, 3)}) > 1


@pytest.mark.parametrize("disturbance", DISTURBANCES.values(), ids=DISTURBANCES)
def test_no_face_is_no_error_and_severity_0_is_a_copy(disturbance):
    assert disturbance(FACES[:0], 5).shape == (0, 48, 48)
    copy = disturbance(FACES, 0)
    np.testing.assert_array_equal(copy, FACES)
    assert not np.shares_memory(copy, FACES)


def test_a_shift_moves_the_picture_as_far_as_it_says():
    dot = np.zeros((1, 48, 48), np.uint8)
    dot[0, 20:28, 20:28] = 255
    for severity, share in zip(SEVERITIES, DISTURBANCES["shift"].amounts, strict=True):
        moved = DISTURBANCES["shift"](dot, severity)[0].astype(float)
        y, x = np.mgrid[:48, :48]
        centre = np.array([(x * moved).sum(), (y * moved).sum()]) / moved.sum()
        assert np.hypot(*(centre - 23.5)) == pytest.approx(48 * share, abs=0.1)


def test_a_rotation_leaves_the_centre_where_it_is():
    dot = np.zeros((1, 49, 49), np.uint8)
    dot[0, 23:26, 23:26] = 255
    turned = DISTURBANCES["rotation"](dot, 5)[0].astype(float)
    y, x = np.mgrid[:49, :49]
    assert (x * turned).sum() / turned.sum() == pytest.approx(24, abs=0.1)
    assert (y * turned).sum() / turned.sum() == pytest.approx(24, abs=0.1)


def test_what_is_no_face_or_no_severity_is_refused_with_a_sentence():
    with pytest.raises(ValueError, match=r"Expected faces \(n, h, w\) of uint8"):
        DISTURBANCES["blur"](FACES / 255, 1)
    with pytest.raises(ValueError, match="Expected faces"):
        DISTURBANCES["blur"](MASKED, 1)
    with pytest.raises(ValueError, match=r"A severity is 0 \(untouched\) to 5, got 6"):
        DISTURBANCES["blur"](FACES, 6)


@pytest.mark.parametrize("name", UNSEEN_MASKS)
@pytest.mark.parametrize("seed", range(8))
def test_unseen_masks_cover_the_mouth_and_leave_the_eyes(name, seed):
    masked = put_unseen_mask(FACE, POINTS, name, seed)
    assert mask_problems(masked.cover, POINTS) == []
    assert masked.image.dtype == np.uint8


@pytest.mark.parametrize("seed", range(3))
def test_unseen_masks_differ_from_the_trained_and_from_each_other(seed):
    trained = [put_mask(FACE, POINTS, draw_look(seed, style)).image for style in STYLES]
    unseen = [put_unseen_mask(FACE, POINTS, name, seed).image for name in UNSEEN_MASKS]
    for i, one in enumerate(unseen):
        for other in trained + unseen[:i]:
            assert (np.abs(one.astype(float) - other) > 15).sum() >= 10


def test_a_print_changes_the_cloth_and_not_where_it_is():
    for name in ("checked", "dotted", "printed grin"):
        style = UNSEEN_MASKS[name].style
        plain, printed = (
            put_mask(FACE, POINTS, draw_look(3, style)),
            put_unseen_mask(FACE, POINTS, name, 3),
        )
        np.testing.assert_array_equal(plain.cover, printed.cover)
        changed = np.abs(plain.image.astype(int) - printed.image) > 15
        assert 0.1 < changed[plain.cover == 1].mean() < 0.8


def test_masks_are_worn_higher_and_lower_than_in_training():
    trained = [
        put_mask(FACE, POINTS, draw_look(seed, style)).cover.sum(axis=1)
        for seed in range(20)
        for style in STYLES
    ]
    highest = min(np.flatnonzero(rows)[0] for rows in trained)
    nose = np.rint(POINTS[29]).astype(int)
    for seed in range(5):
        high = put_unseen_mask(FACE, POINTS, "worn high", seed).cover
        low = put_unseen_mask(FACE, POINTS, "worn low", seed).cover
        assert high[nose[1], nose[0]] > 0.5 > low[nose[1] + 1, nose[0]]
        assert np.flatnonzero(high.sum(axis=1))[0] <= highest


def test_all_kinds_of_unseen_masks_are_dealt_out_by_the_seed():
    bare, points = np.stack([FACE] * 10), np.stack([POINTS] * 10)
    one = unseen_masks(bare, points, 4)
    np.testing.assert_array_equal(one, unseen_masks(bare, points, 4))
    assert not np.array_equal(one, unseen_masks(bare, points, 5))
    assert (one.dtype, one.shape) == (np.uint8, bare.shape)
    np.testing.assert_array_equal(bare[0], FACE)


def test_masks_as_worn_are_of_the_styles_kept_from_training():
    bare, points = np.stack([FACE] * 10), np.stack([POINTS] * 10)
    one = worn_like_masks(bare, points, 4)
    np.testing.assert_array_equal(one, worn_like_masks(bare, points, 4))
    assert len({face.tobytes() for face in one}) == 10
    # A bandana covers the picture's lower corners, a lace mask leaves them: as many of either.
    corner = (one[:, -2, 4] != FACE[-2, 4]).sum()
    assert corner == 5


def test_an_unknown_mask_is_refused_with_a_sentence():
    with pytest.raises(ValueError, match="Unknown mask 'lace'; there are checked"):
        put_unseen_mask(FACE, POINTS, "lace")


def accuracy_of(network, labels):
    bare, points = np.stack([FACE] * len(labels)), np.stack([POINTS] * len(labels))
    return disturbed_accuracy(network, bare, FACES[: len(labels)], points, np.asarray(labels))


def test_the_table_counts_right_answers_for_every_disturbance():
    network = Fake([0, 1, 2, 3, 0, 0])
    table = accuracy_of(network, [0, 1, 2, 3, 1, 2])
    assert list(table) == ["disturbance", "severity", "correct", "n", "accuracy"]
    pairs = [(name, severity) for name in DISTURBANCES for severity in SEVERITIES]
    expected = [(UNDISTURBED, 0), *pairs, (UNSEEN, 0), (WORN_LIKE, 0), (BARE, 0)]
    assert list(zip(table["disturbance"], table["severity"], strict=True)) == expected
    assert set(table["correct"]) == {4}
    assert set(table["n"]) == {6}
    np.testing.assert_allclose(table["accuracy"], 4 / 6)


def test_the_network_is_shown_masked_faces_unseen_masks_and_bare_ones():
    network = Fake([0] * 6)
    accuracy_of(network, [0] * 6)
    assert len(network.asked) == 1 + 8 * 5 + 3
    np.testing.assert_array_equal(network.asked[0], FACES)
    np.testing.assert_array_equal(network.asked[-1], np.stack([FACE] * 6))
    assert len({faces.tobytes() for faces in network.asked}) == len(network.asked)


def test_faces_that_do_not_match_are_refused_with_a_sentence():
    with pytest.raises(ValueError, match="and at least one; got 0, 0, 0 and 0"):
        disturbed_accuracy(Fake([]), FACES[:0], FACES[:0], np.zeros((0, 68, 2)), np.array([], int))
    with pytest.raises(ValueError, match="got 6, 5, 1 and 6"):
        disturbed_accuracy(Fake([]), FACES, FACES[:5], POINTS[None], np.zeros(6, int))


def table_with(**correct):
    """A table of 100 right of 200 but for ``noise_5=20``."""
    table = accuracy_of(Fake([0]), [0])
    table["n"], table["correct"] = 200, 100
    for key, value in correct.items():
        name, severity = key.rsplit("_", 1)
        ours = table["disturbance"] == name.replace("_", " ")
        table.loc[ours & (table["severity"] == int(severity)), "correct"] = value
    return table.assign(accuracy=table["correct"] / table["n"])


def test_the_summary_is_over_the_disturbances_alone():
    short = robustness(table_with(noise_5=20, bare_0=0, none_0=200, unseen_masks_0=10))
    assert (short.undisturbed, short.unseen_masks, short.bare) == (1.0, 0.05, 0.0)
    assert (short.worst, short.worst_of) == (0.1, "noise 5")
    assert short.worn_like == 0.5
    older = table_with()[lambda table: table["disturbance"] != WORN_LIKE]
    assert robustness(older).worn_like is None
    assert short.mean == pytest.approx((39 * 0.5 + 0.1) / 40)


def test_a_new_disturbance_is_five_amounts_and_a_function():
    darker = Disturbance(
        "grey levels", (1, 2, 3, 4, 5), lambda faces, by, rng: faces - np.uint8(by)
    )
    np.testing.assert_array_equal(darker(np.full((1, 2, 2), 9, np.uint8), 5), np.full((1, 2, 2), 4))
