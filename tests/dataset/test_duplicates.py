"""The same photograph, copied, mirrored, moved or relit, is one group; others are not."""

from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fermask.dataset.duplicates import (
    DuplicateSettings,
    duplicate_groups,
    similar_pairs,
)
from fermask.dataset.fer2013 import read_fer2013
from tests.faces import FRAME, face, person

# What the middle of a face looks like is learnt of these.
OTHERS = np.stack([person(number) for number in range(60)])
MORE = np.stack([person(number) for number in range(60, 100)])
N = len(OTHERS)
LEFT, TOP, SIDE = FRAME


def closer(scale, right=0, down=0):
    """Her face ``scale`` times as large, the frame's middle moved; pixels of the photograph."""
    side = round(SIDE / scale)
    return face((LEFT + (SIDE - side) // 2 + right, TOP + (SIDE - side) // 2 + down, side))


def mirrored(picture):
    return np.ascontiguousarray(picture[:, ::-1])


def turned(picture, degrees):
    matrix = cv2.getRotationMatrix2D((23.5, 23.5), degrees, 1)
    return cv2.warpAffine(picture, matrix, (48, 48), borderMode=cv2.BORDER_REPLICATE)


def retouched(picture):
    """Smoothed skin on one cheek and a brighter mouth."""
    picture = picture.copy()
    picture[26:36, 8:18] = cv2.GaussianBlur(picture, (9, 9), 0)[26:36, 8:18]
    picture[34:42, 20:32] = np.clip(picture[34:42, 20:32] * 1.3, 0, 255)
    return picture


def watermarked(picture):
    marked = cv2.putText(picture.copy(), "stock", (2, 30), 0, 0.5, 255)
    return cv2.addWeighted(picture, 0.6, marked, 0.4, 0)


def as_jpeg(picture, quality):
    coded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return cv2.imdecode(coded, cv2.IMREAD_GRAYSCALE)


VARIANTS = {
    "the same": face(),
    "mirrored": mirrored(face()),
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
    "a third larger": closer(1.33),
    "half as large again": closer(1.5, 4, -3),
    "mirrored and larger": mirrored(closer(1.15)),
    "mirrored, larger and darker": (mirrored(closer(1.2)) * 0.7).astype(np.uint8),
    "turned a little": turned(face(), 3),
    "turned more": turned(face(), 14),
    "of another gamma": (255 * (face() / 255) ** 1.6).astype(np.uint8),
    "softened": cv2.GaussianBlur(face(), (3, 3), 0),
    "as a JPEG": as_jpeg(face(), 40),
    "retouched": retouched(face()),
    "with a watermark": cv2.putText(face(), "photo", (2, 45), 0, 0.35, 255),
    "with a watermark across": watermarked(face()),
}


def groups(pixels, usage="Training", **options):
    usages = np.array([usage] * len(pixels) if isinstance(usage, str) else usage)
    return duplicate_groups(np.stack(pixels), usages, **options)


@pytest.mark.parametrize("name", VARIANTS)
def test_the_same_photograph_is_one_group(name):
    found = groups([*OTHERS[:10], VARIANTS[name], *OTHERS[10:], face()])
    assert found[10] == found[N + 1] == 10
    assert found.dtype == np.int64


# Sixty faces say less of what faces have in common than FER2013's do, and it tells at 2.0.
@pytest.mark.parametrize(("scale", "least"), [(1.25, 18), (1.5, 18), (1.75, 18), (2.0, 10)])
def test_a_photograph_cropped_up_to_twice_as_close_is_found(scale, least):
    views = [np.asarray, mirrored, retouched, watermarked]
    wide = [person(number, 0.7, 3, -3) for number in range(70, 90)]
    close = [views[number % 4](person(number, 0.7 * scale, -2, 2)) for number in range(70, 90)]
    found = groups([*OTHERS, *wide, *close])
    assert (found[N + 20 :] == found[N : N + 20]).sum() >= least
    assert found[: N + 20].tolist() == list(range(N + 20))


def test_different_people_are_groups_of_one():
    pixels = [*OTHERS, *MORE, face()]
    assert groups(pixels).tolist() == list(range(len(pixels)))


def test_other_people_in_the_same_place_and_light_stay_apart():
    # Two faces that a third one's light and shade at large is laid on.
    light = cv2.GaussianBlur(face().astype(np.float32), (0, 0), 6)
    pair = [np.clip(each * 0.5 + light * 0.5, 0, 255).astype(np.uint8) for each in MORE[:2]]
    assert groups([*OTHERS, *pair])[N:].tolist() == [N, N + 1]


def test_a_group_is_named_after_its_smallest_row():
    pixels = [face(), *OTHERS, VARIANTS["darker"], VARIANTS["mirrored"], OTHERS[0]]
    assert groups(pixels)[N:].tolist() == [N, 0, 0, 1]


def test_a_chain_of_twins_is_one_group():
    chain = [face((LEFT, TOP + step, SIDE)) for step in range(-44, 56, 11)]
    assert set(groups([*OTHERS, *chain])[N:]) == {N}
    apart = groups([*OTHERS, chain[0], chain[-1]])
    assert apart[N] != apart[N + 1]


@settings(max_examples=3)
@given(st.permutations(range(24)))
def test_the_order_of_the_rows_does_not_matter(order):
    pixels = np.stack([*list(VARIANTS.values())[:12], *OTHERS[:10], OTHERS[0], OTHERS[3]])
    together = groups(pixels)[:, None] == groups(pixels)[None]
    shuffled = groups(pixels[order])
    np.testing.assert_array_equal(
        shuffled[:, None] == shuffled[None], together[np.ix_(order, order)]
    )
    for group in set(shuffled):
        assert group == np.flatnonzero(shuffled == group)[0]


def test_stricter_settings_group_less():
    pixels = [*OTHERS, face(), VARIANTS["retouched"]]
    strict = groups(pixels, settings=DuplicateSettings(strictness=0.0001))
    assert groups(pixels)[N + 1] == N
    assert strict[N + 1] == N + 1


def test_private_test_rows_leave_the_groups_of_the_others_as_they_are():
    ends = [face((LEFT, TOP - 44, SIDE)), face((LEFT, TOP + 55, SIDE))]
    public = [*OTHERS, *ends]
    usage = ["Training"] * N + ["PublicTest"] * 2
    alone = groups(public, usage)
    assert alone[N] != alone[N + 1]
    # PrivateTest rows between the two, each of which resembles the next.
    private = [face((LEFT, TOP + step, SIDE)) for step in range(-33, 55, 11)] + [*MORE]
    found = groups([*public, *private], usage + ["PrivateTest"] * len(private))
    np.testing.assert_array_equal(found[: len(public)], alone)
    assert set(found[N + 2 : N + 10]) == {N}


def test_private_test_rows_join_the_others_even_where_they_come_first():
    usage = ["PrivateTest"] * 2 + ["Training"] * (N + 1)
    found = groups([face(), MORE[0], *OTHERS, VARIANTS["darker"]], usage)
    assert found[0] == found[N + 2] == N + 2
    assert found[1] == 1


def test_private_test_rows_group_among_themselves():
    usage = ["Training"] * N + ["PrivateTest"] * 2
    assert groups([*OTHERS, face(), VARIANTS["mirrored"]], usage)[N:].tolist() == [N, N]


def test_nothing_and_one_and_none_of_training():
    assert duplicate_groups(np.empty((0, 48, 48), np.uint8), np.array([])).tolist() == []
    assert groups([face()]).tolist() == [0]
    assert groups([face(), face()]).tolist() == [0, 0]
    assert groups([*OTHERS, OTHERS[2]], "PrivateTest")[N] == 2


def test_flat_pictures_show_nothing_and_are_nobodys_copies():
    flat = [np.full((48, 48), value, np.uint8) for value in (0, 90, 255, 90)]
    assert groups([*OTHERS, *flat])[N:].tolist() == [N, N + 1, N + 2, N + 1]
    assert groups(flat).tolist() == [0, 1, 2, 1]


def test_copies_join_across_private_test_whatever_they_show():
    flat = np.full((48, 48), 90, np.uint8)
    usage = ["PrivateTest"] + ["Training"] * (N + 1) + ["PrivateTest"]
    assert set(groups([flat, *OTHERS, flat, flat], usage)[[0, N + 1, N + 2]]) == {N + 1}


def test_progress_comes_round_by_round():
    calls = []
    groups(OTHERS, progress=lambda done, total: calls.append((done, total)))
    rounds = len(DuplicateSettings().scales) + 1
    assert calls == [(done, rounds) for done in range(rounds + 1)]


def test_pairs_come_once_the_smaller_row_first():
    pixels = [*OTHERS, face(), VARIANTS["mirrored"], VARIANTS["darker"], face()]
    pairs = similar_pairs(np.stack(pixels), np.array(["Training"] * len(pixels))).tolist()
    assert pairs == sorted(pairs)
    assert [N, N + 3] in pairs
    assert all(first < second for first, second in pairs)
    assert {row for pair in pairs for row in pair} == {N, N + 1, N + 2, N + 3}


@pytest.mark.realdata
@pytest.mark.slow
def test_known_twins_of_fer2013_are_found_and_no_chain_grows(real_fer2013):
    twins = Path(real_fer2013.fer2013).parent / "twins.csv"
    if not twins.is_file():
        pytest.skip(f"{twins} is not there.")
    faces = read_fer2013(real_fer2013.fer2013)
    found = duplicate_groups(faces.pixels, faces.table["usage"].to_numpy())
    first, second = pd.read_csv(twins)[["row_a", "row_b"]].to_numpy().T
    assert (found[first] == found[second]).mean() >= 0.97
    assert np.bincount(found).max() < 50
