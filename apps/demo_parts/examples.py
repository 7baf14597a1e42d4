"""Three photographs to click: scikit-image's astronaut (public domain), bare, masked, a group."""

import numpy as np
import skimage.data

from fermask.faces.masking import MaskLook, put_mask

# Landmarks of the astronaut's face, as landmarks finds them: with them at hand the page is
# there before dlib is.
ASTRONAUT_XY = np.array(
    [
        *((179, 105), (179, 116), (180, 127), (181, 139), (185, 150), (191, 160), (200, 168)),
        *((209, 176), (220, 178), (232, 177), (243, 171), (253, 164), (260, 154), (265, 143)),
        *((268, 131), (270, 120), (272, 108), (186, 94), (192, 88), (200, 87), (209, 89)),
        *((216, 93), (235, 94), (243, 91), (251, 90), (259, 92), (265, 98), (226, 103)),
        *((226, 110), (225, 119), (225, 127), (214, 131), (219, 133), (224, 134), (229, 133)),
        *((234, 132), (195, 101), (200, 98), (207, 98), (212, 104), (206, 104), (200, 103)),
        *((237, 105), (244, 101), (250, 101), (255, 104), (250, 106), (244, 106), (201, 139)),
        *((209, 139), (217, 139), (223, 140), (229, 140), (237, 140), (245, 141), (237, 152)),
        *((228, 156), (222, 156), (216, 155), (207, 150), (203, 140), (217, 143), (223, 144)),
        *((229, 143), (242, 143), (228, 150), (223, 151), (216, 150)),
    ],
    np.float32,
)
_BLUE = MaskLook("surgical", (150, 200, 225))
_LOOKS = (
    MaskLook("dark", (45, 45, 52)),
    MaskLook("kn95", (242, 242, 240)),
    MaskLook("cloth", (150, 60, 60)),
)


def example_photographs() -> list[tuple[np.ndarray, str]]:
    """Each example, uint8 ``(h, w, 3)``, and its caption."""
    bare = skimage.data.astronaut()
    masked = put_mask(bare, ASTRONAUT_XY, _BLUE).image
    return [(masked, "Masked"), (bare, "Bare"), (_group(bare), "Group")]


def _group(bare: np.ndarray) -> np.ndarray:
    """Four portraits, one of them bare: all of one person, since there is no other."""
    portraits = [bare, *(put_mask(bare, ASTRONAUT_XY, look).image for look in _LOOKS)]
    faces = [each[20:280, 90:350] for each in portraits]
    mirrored = [faces[0], faces[1][:, ::-1], faces[2][:, ::-1], faces[3]]
    rows = [np.hstack(mirrored[:2]), np.hstack(mirrored[2:])]
    return np.vstack(rows)
