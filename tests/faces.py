"""48×48 faces that dlib finds, made of what scikit-image brings: its astronaut (public domain) and
a hundred small faces of Labeled Faces in the Wild."""

import functools

import cv2
import numpy as np
import skimage.data

# Left, top, side of a square about her face, framed much as FER2013 frames faces.
FRAME = (160, 55, 130)


@functools.cache
def astronaut():
    """RGB uint8 ``(512, 512, 3)``."""
    return skimage.data.astronaut()


def face(frame=FRAME):
    """Her face in a frame (left, top, side), uint8 ``(48, 48)``."""
    left, top, side = frame
    grey = cv2.cvtColor(astronaut(), cv2.COLOR_RGB2GRAY)[top : top + side, left : left + side]
    return cv2.resize(grey, (48, 48), interpolation=cv2.INTER_AREA)


# Those of the hundred in whose frames dlib finds a frontal, sharp face.
_FOUND = (
    *(0, 1, 2, 3, 6, 7, 8, 10, 11, 12, 14, 15, 16, 17, 18, 19, 20, 22, 23, 24, 25, 26, 27, 29, 31),
    *(32, 33, 34, 35, 36, 37, 38, 39, 41, 42, 44, 45, 46, 49, 50, 51, 52, 53, 55, 56, 58, 60, 61),
    *(62, 63, 64, 65, 66, 69, 70, 71, 72, 73, 76, 77, 79, 80, 81, 84, 85, 86, 87, 88, 90, 91, 92),
    *(93, 94, 95, 96, 97, 98),
)


def other_face(seed):
    """One of 77 other people's faces, uint8 ``(48, 48)``."""
    return person(_FOUND[seed])


@functools.cache
def photograph(number):
    """One of a hundred people before a soft background, uint8 ``(112, 112)``."""
    patches = np.random.default_rng(number).normal(128, 30, (7, 7)).astype(np.float32)
    picture = cv2.resize(patches, (112, 112), interpolation=cv2.INTER_CUBIC)
    seen = (255 * skimage.data.lfw_subset()[number]).astype(np.float32)
    picture[31:81, 31:81] = cv2.resize(seen, (50, 50), interpolation=cv2.INTER_CUBIC)
    return np.clip(picture, 0, 255).astype(np.uint8)


def person(number, scale=1.0, right=0, down=0):
    """A 48×48 frame of the photograph, the person ``scale`` times as large as usual."""
    side = round(72 / scale)
    left, top = 56 - side // 2 + right, 56 - side // 2 + down
    frame = photograph(number)[top : top + side, left : left + side]
    return cv2.resize(frame, (48, 48), interpolation=cv2.INTER_AREA)


def relit(picture, rng, strength=20):
    """The picture with soft random light and shade on it."""
    spots = rng.normal(0, strength, (7, 7)).astype(np.float32)
    light = cv2.resize(spots, picture.shape[::-1], interpolation=cv2.INTER_CUBIC)
    return np.clip(picture * 0.7 + 30 + light, 0, 255).astype(np.uint8)
