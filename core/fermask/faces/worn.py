"""Masks drawn as people wear them: folds, seams, straps, a shadow, the photograph's own blur.

The cloth is drawn flat, across the face and down from the mask's upper edge, and laid on the face;
what is above the mask tells how light, how sharp and how grainy the picture is.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from fermask.faces.looks import MaskLook, Shading, Shape
from fermask.faces.painting import face_light, fill, grey_of, oversampling
from fermask.faces.prints import PLACED, PRINTS
from fermask.faces.worn_outline import NOSE, MaskFrame, strap_lines

# What of the cloth is drawn: across, of either half's width, and down, from … to.
_ACROSS, _DOWN = 1.3, (-0.3, 1.15)
# Of a plane this filter leaves nothing, of white noise six times its standard deviation.
_ROUGH = np.outer((1, -2, 1), (1, -2, 1)).astype(np.float32)
# Face widths: how wide hem and seams are, straps, and the shadow at the edge.
_HEM, _SEAM, _STRAP, _SHADOW = 0.035, 0.02, 0.013, 0.025


def draw_worn(
    image: np.ndarray,
    points: np.ndarray,
    outline: np.ndarray,
    look: MaskLook,
    relief: Shading,
    shape: Shape,
) -> tuple[np.ndarray, np.ndarray]:
    """The picture with the mask, and float32 ``(h, w)``, how much of each pixel it hides."""
    height, width = image.shape[:2]
    size = max(float(np.linalg.norm(points[16] - points[0])), 4.0)
    straps = strap_lines(points, outline, shape)
    reach, margin = np.concatenate([outline, *straps]), 0.1 * size
    left, top = np.maximum(np.floor(reach.min(axis=0) - margin).astype(int), 0)
    right, bottom = np.minimum(np.ceil(reach.max(axis=0) + margin).astype(int), (width, height))
    cover, result = np.zeros((height, width), np.float32), image.copy()
    if right <= left or bottom <= top:
        return result, cover
    window, origin = np.s_[top:bottom, left:right], np.array((left, top))
    photograph = face_light(image, points, outline)[:, left:right], *_seen(image, points, outline)
    layers = _layers(
        points - origin,
        outline - origin,
        [each - origin for each in straps],
        (bottom - top, right - left),
        photograph,
        look,
        relief,
        shape,
    )
    colours = np.array([look.colour_rgb, look.print_rgb, layers.strap_rgb], np.float32)
    if image.ndim == 2:
        result[window] = layers.over(image[window], *grey_of(*colours.T).tolist())
    else:
        channels = cv2.split(image[window])
        drawn = [layers.over(*each) for each in zip(channels, *colours.tolist(), strict=True)]
        result[window] = cv2.merge(drawn)
    cover[window] = np.maximum(layers.mask, layers.strap)
    return result, cover


@dataclass(frozen=True)
class _Layers:
    """What is laid over a face, from the skin up, each float32 ``(h, w)``.

    ``at``: where there are straps. ``printed``: one number where nothing is.
    """

    shadow: np.ndarray
    at: tuple[np.ndarray, ...]
    strap: np.ndarray
    mask: np.ndarray
    bright: np.ndarray
    printed: np.ndarray
    grain: np.ndarray
    strap_rgb: tuple[int, int, int]

    def over(self, skin: np.ndarray, plain: float, second: float, elastic: float) -> np.ndarray:
        """One channel, uint8 ``(h, w)``, of the picture with the mask."""
        pixels = skin * self.shadow
        at, strap = self.at, self.strap[self.at]
        pixels[at] = (1 - strap) * pixels[at] + strap * elastic * self.bright[at]
        cloth = self.bright * np.float32(plain)
        if self.printed.size > 1:
            cloth += self.printed * np.float32(second - plain)
        cloth += self.grain
        cloth *= self.mask
        pixels *= 1 - self.mask
        pixels += cloth
        return cv2.convertScaleAbs(np.maximum(pixels, 0, out=pixels))


def _layers(
    points: np.ndarray,
    outline: np.ndarray,
    straps: list[np.ndarray],
    wh: tuple[int, int],
    photograph: tuple[np.ndarray, float, float],
    look: MaskLook,
    relief: Shading,
    shape: Shape,
) -> _Layers:
    light, blur, noise = photograph
    rng, factor = np.random.default_rng([look.grain_seed, 2]), oversampling(points)
    size = max(float(np.linalg.norm(points[16] - points[0])), 4.0)
    chin = points[8] + shape.chin * (points[8] - points[27])
    frame = MaskFrame.on(points, outline[NOSE], chin, look.fit.askew)
    cloth = _cloth(relief, shape, look, frame, size, rng)
    # As blurred as the photograph, in the pixels of the flat cloth.
    by = blur * cloth[0].shape[1] / (1.25 * size)
    bright, printed = (_laid(_blurred(each, by), frame, wh) for each in cloth)
    bright *= _stitched(outline, points, shape, wh, factor // 2)
    mask = fill(outline, wh, factor)
    if shape.opacity < 1:
        mask, printed = mask * (shape.opacity + (1 - shape.opacity) * printed), printed[:1, :1] * 0
    mask = np.clip(_blurred(mask, blur), 0, 1)
    strap, at = np.zeros_like(mask), np.nonzero(())
    if straps:
        strap = _blurred(_strokes(straps, wh, factor // 2, _STRAP * size), blur)
        at = np.nonzero(strap > 0.01)
    around = _blurred(np.maximum(mask, strap), max(_SHADOW * size, 0.6))
    # Cloth turns away from the light at its edge, and throws a shadow beside it.
    edge, shadow = rng.uniform(0.1, 0.4), rng.uniform(0.15, 0.45)
    bright *= 1 - edge + edge * around
    bright *= 1.25 * look.shade * light
    # As film and sensors do, the brightest is held back.
    over = np.maximum(bright - 0.85, 0)
    bright -= np.square(over) / (over + 0.25)
    printed = printed if printed.size == 1 else printed * bright
    grain = max(noise, rng.uniform(0.5, 2.5) / (1 + blur)) * _grain(wh, rng)
    strap_rgb = look.colour_rgb if rng.random() < 0.5 else (180, 180, 180)
    return _Layers(1 - shadow * around, at, strap, mask, bright, printed, grain, strap_rgb)


def _cloth(
    relief: Shading,
    shape: Shape,
    look: MaskLook,
    frame: MaskFrame,
    size: float,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    """Brightness of the cloth laid flat, float32 ``(n, m)``, and its print, one number if plain."""
    columns = int(np.clip(round(1.25 * size), 48, 320))
    wh = columns, round(0.64 * columns)
    fine = 2 if columns < 100 else 1
    across, down = _flat(frame, fine * wh[0], fine * wh[1])
    # No seam is straight and no fold level.
    bent, sunk = (_wavy(0.015, across.size, down.size, rng) for _ in range(2))
    slope, bend, wide = rng.normal((0, 0, 1), (0.05, 0.06, 0.08)).astype(np.float32)
    bent, sunk = bent + across, sunk + wide * down + slope * across + bend * np.square(across)
    bright = np.asarray(relief(bent, sunk) * _form(across, down, rng), np.float32)
    for x, y, radius in shape.valves:
        bright *= _valve(np.hypot(across - x, 1.1 * (down - y)) / np.float32(radius), rng)
    printed = np.zeros((1, 1), np.float32)
    if look.printed != "plain":
        printed = _printed(look.printed, bent, sunk, rng)
    if fine > 1:
        bright, printed = _reduced(bright, wh), _reduced(printed, wh)
    else:
        printed = _blurred(printed, 0.6)
    creases = _creases(*_flat(frame, min(wh[0], 112), min(wh[1], 84)), rng)
    rough = rng.standard_normal((48, 64), dtype=np.float32) * np.float32(rng.uniform(0, 0.06))
    creases += cv2.resize(rough, creases.shape[::-1])
    bright += np.float32(shape.folds) * cv2.resize(creases, wh)
    # What is dark shines where it is folded, beside its own brightness the more.
    gain = 1 + np.float32(1 - sum(look.colour_rgb) / 765)
    return np.maximum(1 + gain * (bright - 1), 0.1), printed


def _wavy(deep: float, columns: int, rows: int, rng: np.random.Generator) -> np.ndarray:
    """A smooth unevenness, float32 ``(rows, columns)``."""
    coarse = rng.normal(0, deep, (5, 5)).astype(np.float32)
    return cv2.resize(coarse, (columns, rows), interpolation=cv2.INTER_CUBIC)


def _flat(frame: MaskFrame, columns: int, rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Across ``(1, m)`` and down ``(n, 1)`` of the cloth laid flat."""
    # Of a face that looks aside the near half is wide, and so is its half of the cloth.
    across = np.linspace(-_ACROSS * frame.right, _ACROSS * frame.left, columns, dtype=np.float32)
    return frame.halves(across)[None], np.linspace(*_DOWN, rows, dtype=np.float32)[:, None]


def _reduced(layer: np.ndarray, wh: tuple[int, int]) -> np.ndarray:
    return layer if layer.size == 1 else cv2.resize(layer, wh, interpolation=cv2.INTER_AREA)


def _form(across: np.ndarray, down: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The light on a rounded face with a ridge, from one side and from above."""
    sides, below, lit, aside = rng.normal((0.16, 0.1, 0, 0), (0.08, 0.18, 0.15, 0.2)).tolist()
    across = across.clip(-1.2, 1.2)
    ridge = np.tanh(across / rng.uniform(0.02, 0.2)) / (1 + np.square(across))
    flat = 1.05 - sides * np.square(across) + lit * across - below * down.clip(0, 1.5)
    return flat + aside * ridge * (1 - 0.6 * down.clip(0, 1))


def _valve(radius: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A lid with slits on a rim, by the distance from its middle: 1 is the rim's."""
    bright, slits = rng.uniform(0.6, 1.3), rng.uniform(0.05, 0.35)
    lid = bright - slits * (np.mod(radius, 0.3) < 0.12)
    return np.where(radius < 0.85, lid, 1 - 0.3 * np.exp(-np.square((radius - 0.95) / 0.12)))


def _printed(
    name: str, across: np.ndarray, down: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """A print as cut from the bolt, at any scale and place; pictures stay where they belong."""
    strength = np.float32(rng.uniform(0.5, 1.0))
    mirror = -1 if rng.random() < 0.5 else 1
    if name in PLACED:
        scale, (right, up) = rng.uniform(0.8, 1.5), rng.normal(0, 0.06, 2)
    else:
        scale, (right, up) = rng.uniform(0.9, 1.9), rng.uniform(-0.3, 0.3, 2)
    x, y = scale * (mirror * across + right), scale * (down - 0.5 + up) + 0.5
    return strength * PRINTS[name](x, y).astype(np.float32)


def _creases(across: np.ndarray, down: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """How cloth happens to lie, and where it is pulled towards its corners; float32 ``(n, m)``."""
    n = rng.integers(4, 10)
    place, shape = (
        rng.random((5, n, 1, 1), np.float32),
        rng.standard_normal((3, n, 1, 1), np.float32),
    )
    inwards = 1 - np.where(place[0] < 0.5, -1, 1).astype(np.float32) * across
    off = down - (1.1 * place[1] - 0.1) - (0.5 * shape[0] + 0.3 * shape[1] * inwards) * inwards
    fade = np.exp(-np.square((inwards - 0.8 * place[2]) / (0.15 + 0.35 * place[3])))
    # A fold has a sharp edge; what lies beside it turns back to the light slowly.
    far = np.abs(off)
    folds = 0.22 * shape[2] * fade * off / (far + 0.015) * np.exp(far / -(0.06 + 0.19 * place[4]))
    return _wavy(0.05, across.size, down.size, rng) + folds.sum(axis=0)


def _laid(cloth: np.ndarray, frame: MaskFrame, size: tuple[int, int]) -> np.ndarray:
    """The flat cloth where it lies on the face, float32 ``size``; one number stays one."""
    if cloth.size == 1:
        return cloth
    start = np.array((-_ACROSS * frame.right, _DOWN[0]))
    end = np.array((_ACROSS * frame.left, _DOWN[1]))
    scale = (np.array(cloth.shape[::-1]) - 1) / (end - start)
    to_cloth = scale[:, None] * frame.matrix
    to_cloth[:, 2] -= scale * start
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return cv2.warpAffine(cloth, to_cloth, size[::-1], None, flags, cv2.BORDER_REPLICATE)


def _grain(size: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """Noise of standard deviation 1, float32 ``size``; of a large mask the same again and again."""
    height, width = size
    tile = rng.standard_normal((min(height, 256), min(width, 256)), dtype=np.float32)
    return np.tile(tile, (-(-height // 256), -(-width // 256)))[:height, :width]


def _strokes(
    lines: list[np.ndarray], size: tuple[int, int], factor: int, width: float
) -> np.ndarray:
    """How much of each pixel lies under lines of a width in pixels, float32 ``size``."""
    fine = np.zeros((size[0] * factor, size[1] * factor), np.uint8)
    _stroke(fine, lines, factor, width, 255)
    return _fine_to(size, fine) / np.float32(255)


def _stitched(
    outline: np.ndarray, points: np.ndarray, shape: Shape, size: tuple[int, int], factor: int
) -> np.ndarray:
    """How bright hem and seams along the edge leave the cloth, float32 ``size``."""
    face, down = float(np.linalg.norm(points[16] - points[0])), points[8] - points[27]
    fine = np.full((size[0] * factor, size[1] * factor), 200, np.uint8)
    hem = (np.concatenate([outline, outline[:1]]), _HEM, shape.hem)
    seams = [(outline[2:21] + below * down, _SEAM, level) for below, level in shape.lines]
    for line, wide, level in (hem, *seams):
        _stroke(fine, [line], factor, wide * face, round(200 * level))
    return _fine_to(size, fine) / np.float32(200)


def _stroke(
    fine: np.ndarray, lines: list[np.ndarray], factor: int, width: float, level: int
) -> None:
    """Draws lines of a width in pixels into a picture that is ``factor`` times as large."""
    places = [np.rint(((each + 0.5) * factor - 0.5) * 16).astype(np.int32) for each in lines]
    wide = max(round(width * factor), 1)
    cv2.polylines(fine, places, False, level, wide, cv2.LINE_AA, shift=4)


def _fine_to(size: tuple[int, int], fine: np.ndarray) -> np.ndarray:
    return _reduced(fine, size[::-1]) if fine.shape != size else fine


def _blurred(layer: np.ndarray, sigma: float) -> np.ndarray:
    """By a standard deviation in pixels; what is less than a quarter of one is not seen."""
    if sigma < 0.25 or layer.size == 1:
        return layer
    if sigma < 1:
        return cv2.GaussianBlur(layer, (3, 3), sigma)
    if sigma < 3:
        return cv2.stackBlur(layer, (2 * round(2 * sigma) + 1,) * 2)
    height, width = layer.shape
    half = max(width // 2, 1), max(height // 2, 1)
    small = _blurred(cv2.resize(layer, half, interpolation=cv2.INTER_AREA), sigma / 2)
    return cv2.resize(small, (width, height))


def _seen(image: np.ndarray, points: np.ndarray, outline: np.ndarray) -> tuple[float, float]:
    """How blurred and how grainy the face is above the mask: both standard deviations.

    An edge of a blurred picture is steeper over one pixel than over two by how blurred it is.
    """
    corners = points[[36, 45], 0], (points[17:27, 1].min(), outline[3:20, 1].min())
    x, y = (np.clip(np.rint(each), 0, None).astype(int) for each in corners)
    part = image[y[0] : y[1], x[0] : x[1]][-160:, :240]
    if min(part.shape[:2]) < 6:
        return 0.0, 0.0
    grey = (part if part.ndim == 2 else cv2.cvtColor(part, cv2.COLOR_RGB2GRAY)).astype(np.float32)
    rough = cv2.filter2D(grey, -1, _ROUGH)
    noise = min(float(np.median(np.abs(rough))) / 4.05, 10.0)
    near, far = (float(np.square(grey[:, k:] - grey[:, :-k]).mean()) - 2 * noise**2 for k in (1, 2))
    steep = np.clip(far / near / 4, 0.5, 0.97) ** 2 if near > 0 else 0.25
    return 0.85 * float(np.sqrt((steep / 3 - 1 / 12) / (1 - steep))), noise
