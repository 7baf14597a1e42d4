"""A face to put masks on, small and large, grey and in colour, with its landmarks."""

import cv2

from fermask.faces.landmarks import find_landmarks, landmarks_in_box
from tests.faces import astronaut, face

SMALL = face()
SMALL_POINTS = find_landmarks(SMALL).points_xy
LARGE_POINTS = landmarks_in_box(astronaut(), (174, 77, 99, 101))
PICTURES = {
    "48×48 grey": (SMALL, SMALL_POINTS),
    "512×512 colour": (astronaut(), LARGE_POINTS),
    "512×512 grey": (cv2.cvtColor(astronaut(), cv2.COLOR_RGB2GRAY), LARGE_POINTS),
    "700×750 colour": (
        cv2.resize(astronaut()[60:200, 150:300], None, fx=5, fy=5),
        (LARGE_POINTS - (150, 60) + 0.5) * 5 - 0.5,
    ),
    "29×30 colour": (
        cv2.resize(astronaut()[60:205, 150:300], None, fx=0.2, fy=0.2),
        (LARGE_POINTS - (150, 60) + 0.5) * 0.2 - 0.5,
    ),
}
