"""How training faces change from epoch to epoch."""

import hashlib
from dataclasses import replace

import numpy as np
import pytest

from fermask.dataset.ferm import Ferm
from fermask.faces.landmarks import find_landmarks
from fermask.training import wardrobe
from fermask.training.augmentation import Augmentation, augment, dress
from fermask.training.training_data import ferm_examples
from fermask.training.wardrobe import dressed
from tests.faces import face
from tests.small import small_ferm


class TestAugmentation:
    STILL = Augmentation(rotation=0, shift=0, zoom=0, flip=False)

    @pytest.fixture
    def faces(self):
        return np.random.default_rng(5).integers(0, 256, (40, 48, 48)).astype(np.uint8)

    @staticmethod
    def moved(faces, seed=0, **settings):
        still = {"rotation": 0, "shift": 0, "zoom": 0, "flip": False}
        return augment(faces, Augmentation(**still | settings), np.random.default_rng(seed))

    def test_without_moves_the_faces_stay(self, faces):
        np.testing.assert_array_equal(self.moved(faces), faces)

    def test_about_half_of_the_faces_are_mirrored(self, faces):
        mirrored = self.moved(faces, flip=True)
        same = (mirrored == faces).all(axis=(1, 2))
        turned = (mirrored == faces[:, :, ::-1]).all(axis=(1, 2))
        assert (same | turned).all()
        assert 10 <= turned.sum() <= 30

    def test_shifts_stay_within_a_tenth_of_the_side_and_repeat_the_edge(self):
        face = np.tile(np.arange(48, dtype=np.uint8) * 5, (48, 1))
        shifted = self.moved(np.stack([face] * 50), shift=0.1)
        middle = shifted[:, 24, 24] / 5 - 24
        assert np.abs(middle).max() < 4.81
        assert np.abs(middle).max() > 3
        assert shifted[:, :, 0].max() <= 24

    def test_rotations_stay_within_ten_degrees(self):
        face = np.zeros((48, 48), np.uint8)
        face[23:25, 38:42] = 255
        rotated = self.moved(np.stack([face] * 50), rotation=10.0)
        y, x = np.meshgrid(np.arange(48) - 23.5, np.arange(48) - 23.5, indexing="ij")
        weight = rotated / rotated.sum(axis=(1, 2), keepdims=True)
        angles = np.degrees(
            np.arctan2((weight * y).sum(axis=(1, 2)), (weight * x).sum(axis=(1, 2)))
        )
        assert 7 < np.abs(angles).max() <= 10.5

    def test_width_and_height_are_zoomed_each_by_up_to_a_tenth(self):
        face = np.zeros((48, 48), np.uint8)
        face[12:36, 12:36] = 255
        zoomed = self.moved(np.stack([face] * 50), zoom=0.1)
        sides = np.stack([zoomed[:, 24].sum(axis=1), zoomed[:, :, 24].sum(axis=1)]) / 255 / 24
        assert ((sides > 0.9) & (sides < 1.12)).all()
        assert (sides.min(axis=1) < 0.93).all()
        assert (sides.max(axis=1) > 1.07).all()
        assert np.abs(sides[0] - sides[1]).max() > 0.1

    def test_a_seed_gives_the_same_moves_and_another_others(self, faces):
        first = augment(faces, Augmentation(), np.random.default_rng(1))
        again = augment(faces, Augmentation(), np.random.default_rng(1))
        other = augment(faces, Augmentation(), np.random.default_rng(2))
        np.testing.assert_array_equal(first, again)
        assert (first != other).any()


class TestMasks:
    @pytest.fixture
    def examples(self, tiny_set):
        ferm = tiny_set[0]
        frontal = small_ferm().points_xy[0]
        manifest = ferm.manifest.assign(landmarks=[frontal.ravel()] * len(ferm.manifest))
        bare = np.full_like(ferm.masked, 120)
        return ferm_examples(Ferm(manifest, ferm.about, ferm.masked, bare), "clean", 0)

    @staticmethod
    def dressed(examples, seed=0, **settings):
        order = np.arange(len(examples.labels))[::-1]
        settings = Augmentation(**settings)
        rng = np.random.default_rng(seed)
        return dress(dressed(examples, settings), order, settings, rng)[0], order

    def test_by_default_the_faces_wear_their_own(self, examples):
        faces, order = self.dressed(examples)
        np.testing.assert_array_equal(faces, examples.images[order])

    def test_new_masks_cover_the_mouth_leave_the_brows_and_differ(self, examples):
        faces, _ = self.dressed(examples, redraw=1.0, jitter=0.3)
        x, y = np.rint(examples.points_xy[0, 19]).astype(int)
        assert (faces[:, y, x] == 120).all()
        x, y = np.rint(examples.points_xy[0, 62]).astype(int)
        assert (faces[:, y, x] != 120).mean() > 0.9
        assert len(np.unique(faces[:, y, x])) > 10
        again, _ = self.dressed(examples, seed=1, redraw=1.0, jitter=0.3)
        assert (again != faces).any(axis=(1, 2)).mean() > 0.5

    def test_covers_and_caps_come_where_asked_for(self, examples):
        masks, _ = self.dressed(examples, redraw=1.0)
        covers, _ = self.dressed(examples, redraw=1.0, covers=1.0)
        capped, _ = self.dressed(examples, redraw=1.0, caps=1.0)
        # A face looks up at landmark 28 from under some covers, and from under every mask.
        x, y = np.rint(examples.points_xy[0, 28]).astype(int)
        assert (masks[:, y - 1, x] == 120).all()
        assert 0.05 < (covers[:, y, x] != 120).mean() < 0.9
        assert (capped[:, 0] != 120).mean() > 0.8

    def test_a_wardrobe_is_that_of_the_networks_that_ship(self):
        # Drawn with the NumPy and OpenCV of requirements.txt.
        faces, points = np.stack([face()] * 3), np.stack([find_landmarks(face()).points_xy] * 3)
        settings = Augmentation(covers=0.7, jitter=0.4)
        versions = wardrobe.draw_wardrobe(faces, points, np.array([3, 20, 500]), settings)
        assert hashlib.sha256(versions.tobytes()).hexdigest()[:16] == "361b40ccba3c91b0"

    def test_as_many_are_bare_as_asked_for(self, examples):
        faces, order = self.dressed(examples, bare=0.25, redraw=0.5)
        bare = (faces == 120).all(axis=(1, 2))
        own = (faces == examples.images[order]).all(axis=(1, 2))
        assert 0.1 < bare.mean() < 0.4
        assert 0.2 < own.mean() < 0.6
        assert not (bare & own).any()

    def test_the_examples_themselves_stay_as_they_are(self, examples):
        before = examples.images.copy()
        faces, _ = self.dressed(examples, redraw=1.0)
        augment(faces, Augmentation(noise=9.0, blur=1.0), np.random.default_rng(0))
        np.testing.assert_array_equal(examples.images, before)

    def test_faces_without_landmarks_cannot_get_new_ones(self, examples):
        with pytest.raises(ValueError, match="no bare faces and landmarks"):
            self.dressed(replace(examples, points_xy=None), redraw=1.0)


class TestDisturbances:
    STILL = Augmentation(rotation=0, shift=0, zoom=0, flip=False)

    @pytest.fixture
    def faces(self):
        ramp = np.tile(np.linspace(60, 180, 48), (48, 1)).astype(np.uint8)
        return np.stack([ramp] * 60)

    def changed(self, faces, **settings):
        return augment(faces, replace(self.STILL, **settings), np.random.default_rng(3))

    def test_light_changes_brightness_and_contrast_within_bounds(self, faces):
        lit = self.changed(faces, light=0.2).astype(float)
        brightness, contrast = (
            lit.mean(axis=(1, 2)) / faces[0].mean(),
            lit.std(axis=(1, 2)) / faces[0].std(),
        )
        for ratio in (brightness, contrast):
            assert 0.79 < ratio.min() < 0.9
            assert 1.1 < ratio.max() < 1.21

    def test_contrast_is_about_the_face_s_own_brightness(self, faces):
        lit = self.changed(np.full_like(faces, 40), light=0.2).astype(float) / 40
        assert 0.79 < lit.min() < 0.85
        assert 1.15 < lit.max() < 1.21

    def test_blur_and_noise_meet_about_half_of_the_faces(self, faces):
        rough = np.random.default_rng(0).integers(0, 256, faces.shape).astype(np.uint8)
        blurred = (self.changed(rough, blur=1.0) != rough).any(axis=(1, 2)).mean()
        noisy = (self.changed(faces, noise=8.0) != faces).any(axis=(1, 2)).mean()
        assert 0.3 < blurred < 0.7
        assert 0.3 < noisy < 0.7
