"""The same photograph, copied, mirrored, moved or relit, is one group; others are not."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fermask.dataset.duplicates import (
    _LENGTH,
    DuplicateSettings,
    _descriptors,
    _differences,
    duplicate_groups,
    similar_pairs,
)
from tests.faces import FRAME, face, other_face


def pattern(seed):
    """Soft patches of light and dark."""
    patches = np.random.default_rng(seed).normal(128, 50, (9, 9)).astype(np.float32)
    picture = cv2.resize(patches, (48, 48), interpolation=cv2.INTER_CUBIC)
    return np.clip(picture, 0, 255).astype(np.uint8)


# Not all of one face: what all pictures share counts for nothing.
OTHERS = np.stack([pattern(seed) for seed in range(30)])
LEFT, TOP, SIDE = FRAME

VARIANTS = {
    "the same": face(),
    "mirrored": np.ascontiguousarray(face()[:, ::-1]),
    "brighter": np.clip(face() * 1.0 + 40, 0, 255).astype(np.uint8),
    "darker": (face() * 0.6).astype(np.uint8),
    "of less contrast": (face() * 0.4 + 80).astype(np.uint8),
    "of more contrast": np.clip(face() * 1.4 - 40, 0, 255).astype(np.uint8),
    "equalised": cv2.equalizeHist(face()),
    "moved right": face((LEFT - 6, TOP, SIDE)),
    "moved left": face((LEFT + 6, TOP, SIDE)),
    "moved down": face((LEFT, TOP - 6, SIDE)),
    "cropped closer": face((LEFT + 6, TOP + 6, SIDE - 12)),
    "cropped wider": face((LEFT - 6, TOP - 6, SIDE + 12)),
    "softened": cv2.GaussianBlur(face(), (3, 3), 0),
    "with a watermark": cv2.putText(face(), "photo", (2, 45), 0, 0.35, 255),
}


def groups(pixels, usage="Training", **options):
    usages = np.array([usage] * len(pixels) if isinstance(usage, str) else usage)
    return duplicate_groups(np.stack(pixels), usages, **options)


@pytest.mark.parametrize("name", VARIANTS)
@pytest.mark.parametrize("first", [True, False])
def test_the_same_photograph_is_one_group(name, first):
    pair = [face(), VARIANTS[name]] if first else [VARIANTS[name], face()]
    found = groups([*OTHERS[:10], pair[0], *OTHERS[10:], pair[1]])
    assert found[10] == found[31] == 10
    assert found.dtype == np.int64


def test_different_faces_are_groups_of_one():
    faces = [other_face(seed) for seed in range(100, 130)]
    assert groups([*OTHERS, *faces]).tolist() == list(range(60))


def test_a_group_is_named_after_its_smallest_row():
    pixels = [OTHERS[0], face(), OTHERS[1], VARIANTS["darker"], VARIANTS["mirrored"], OTHERS[1]]
    assert groups(pixels).tolist() == [0, 1, 2, 1, 1, 2]


def test_a_chain_of_twins_is_one_group():
    chain = [face((LEFT + step, TOP, SIDE)) for step in range(-18, 19, 6)]
    found = groups([*OTHERS, *chain])
    assert set(found[30:]) == {30}
    apart = groups([*OTHERS, chain[0], chain[-1]])
    assert apart[30] != apart[31]


@settings(max_examples=15)
@given(st.permutations(range(12)))
def test_the_order_of_the_rows_does_not_matter(order):
    pixels = np.stack([*list(VARIANTS.values())[:4], *OTHERS[:6], OTHERS[0], OTHERS[3]])
    together = groups(pixels)[:, None] == groups(pixels)[None]
    shuffled = groups(pixels[order])
    np.testing.assert_array_equal(
        shuffled[:, None] == shuffled[None], together[np.ix_(order, order)]
    )
    for group in set(shuffled):
        assert group == np.flatnonzero(shuffled == group)[0]


def test_a_higher_threshold_groups_less():
    pixels = [*OTHERS, face(), VARIANTS["with a watermark"]]
    exact = groups(pixels, settings=DuplicateSettings(min_cosine=0.9999))
    assert groups(pixels)[31] == 30
    assert exact[31] == 31


def test_private_test_rows_leave_the_groups_of_the_others_as_they_are():
    ends = [face((LEFT - 9, TOP, SIDE)), face((LEFT + 9, TOP, SIDE))]
    public = [*OTHERS[:20], *ends]
    usage = ["Training"] * 20 + ["PublicTest"] * 2
    alone = groups(public, usage)
    assert alone[20] != alone[21]
    # A PrivateTest row between the two, which resembles both.
    private = [face(), *OTHERS[20:], VARIANTS["mirrored"]]
    found = groups([*public, *private], usage + ["PrivateTest"] * len(private))
    np.testing.assert_array_equal(found[: len(public)], alone)
    assert found[22] == found[-1] == 20


def test_private_test_rows_join_the_others_even_where_they_come_first():
    usage = ["PrivateTest"] * 2 + ["Training"] * 11
    found = groups([face(), OTHERS[10], *OTHERS[:10], VARIANTS["darker"]], usage)
    assert found[0] == found[12] == 12
    assert found[1] == 1


def test_private_test_rows_group_among_themselves():
    usage = ["Training"] * 30 + ["PrivateTest"] * 2
    assert groups([*OTHERS, face(), VARIANTS["mirrored"]], usage)[30:].tolist() == [30, 30]


def test_nothing_and_one_and_none_of_training():
    assert duplicate_groups(np.empty((0, 48, 48), np.uint8), np.array([])).tolist() == []
    assert groups([face()]).tolist() == [0]
    assert groups([face(), face()]).tolist() == [0, 0]
    assert groups([*OTHERS, OTHERS[2]], "PrivateTest")[30] == 2


def test_flat_pictures_are_no_error():
    flat = [np.full((48, 48), value, np.uint8) for value in (0, 90, 255)]
    found = groups([*OTHERS, *flat])
    assert found[30:].tolist() == [30, 30, 30]


def test_progress_is_told_round_by_round():
    calls = []
    groups(OTHERS, progress=lambda done, total: calls.append((done, total)))
    rounds = len(DuplicateSettings().views) + 1
    assert calls == [(done, rounds) for done in range(rounds + 1)]


def test_pairs_are_those_of_comparing_everything_in_full():
    pixels = np.concatenate([OTHERS, *[face((160 + k, 55, 130 + 2 * k))[None] for k in range(12)]])
    usage = np.array(["Training"] * len(pixels))
    plain = DuplicateSettings(views=((1.0, 0.0, 0.0),), min_cosine=0.7)
    _, quick = similar_pairs(pixels, usage, plain)
    differences = _differences(pixels)
    vectors = _descriptors(differences, differences.mean(axis=0).round(2)).astype(np.int64)
    products = vectors @ vectors.T
    np.fill_diagonal(products, 0)
    np.testing.assert_array_equal(quick, np.argwhere(products >= 0.7 * _LENGTH**2))
    assert len(quick) > 30
