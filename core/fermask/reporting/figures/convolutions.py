"""Fig. 3: standard, "extreme Inception" and depthwise-separable convolutions."""

from collections.abc import Sequence

import numpy as np

from fermask.faces.drawing import INK, SEEN
from fermask.networks import counts
from fermask.reporting.figures.paper import (
    CAPTIONS,
    MARGIN,
    QUIET,
    arrow,
    document,
    rectangle,
    text,
)

# Input and output channels of the separable convolution at the beginning of M-Xception's
# entry_block2.
EXAMPLE_CHANNELS: tuple[int, int] = (32, 64)


def draw_convolutions(c: int = EXAMPLE_CHANNELS[0], c_out: int = EXAMPLE_CHANNELS[1]) -> str:
    """Fig. 3: the three forms of a 3×3 convolution, with their numbers of weights.

    Args:
        c: input channels.
        c_out: output channels.

    Raises:
        ValueError: no channel.
    """
    if min(c, c_out) < 1:
        raise ValueError(f"A convolution has 1 channel or more, received {c} and {c_out}.")
    standard = counts.standard(c, c_out)
    whole, point = (f"{c_out} kernels", f"3×3×{c}", 20, c), (f"{c_out} kernels", f"1×1×{c}", 8, c)
    forms = (
        ("(a) Standard convolution", [c, c_out], [whole], f"3·3·{c}·{c_out}", standard),
        (
            "(b) “Extreme Inception”",
            [c, c_out, c_out],
            [point, (f"{c_out} kernels", "3×3, one a channel", 20, 1)],
            f"{c}·{c_out} + 3·3·{c_out}",
            counts.extreme_inception(c, c_out),
        ),
        (
            "(c) Depthwise separable",
            [c, c, c_out],
            [(f"{c} kernels", "3×3, one a channel", 20, 1), point],
            f"3·3·{c} + {c}·{c_out}",
            counts.depthwise_separable(c, c_out),
        ),
    )
    parts = [text(MARGIN, 40, f"From {c:,} channels to {c_out:,}", 16, weight=600)]
    for i, (name, channels, kernels, formula, number) in enumerate(forms):
        top, largest = 60 + 176 * i, max(each[-1] for each in forms)
        parts.append(text(MARGIN, top + 22, name, 14, weight=600))
        parts += _chain(top, channels, kernels, max(c, c_out))
        parts += _weights(top, f"n{'₁₂₃'[i]} = {formula}", number, standard, largest)
    return document(parts, 860, 60 + 176 * 3 + 12, f"{CAPTIONS[3][0]}, {c} to {c_out} channels")


def _chain(
    top: float, channels: list[int], kernels: Sequence[tuple[str, str, float, int]], most: int
) -> list[str]:
    """Feature maps of so many channels, and between them the kernels that make the next.

    ``kernels``: how many, of what size, their side on paper, and their channels.
    """
    parts = []
    xs = np.linspace(MARGIN + 20, 506, len(channels))
    for x, number in zip(xs, channels, strict=True):
        parts += _cuboid(x, top + 70, 50, 8 + 26 * number / most, "#dfe5e8")
        parts.append(text(x + 25, top + 138, f"{number:,}", 13, "middle", 600))
    for x, after, (many, size, side, number) in zip(xs, xs[1:], kernels, strict=False):
        middle, depth = (x + 84 + after) / 2, 4 + 14 * number / most
        step = side + 0.8 * depth + 7
        for i in range(3):
            parts += _cuboid(middle + step * (i - 1.5), top + 104 - side, side, depth, "#9fcbd3")
        parts.append(text(middle + 1.5 * step + 2, top + 103, "…", 14, fill=QUIET))
        parts += arrow([(x + 92, top + 118), (after - 8, top + 118)])
        parts.append(text(middle, top + 138, many, 12.5, "middle"))
        parts.append(text(middle, top + 154, size, 12.5, "middle", fill=QUIET))
    return parts


def _weights(top: float, formula: str, number: int, standard: int, largest: int) -> list[str]:
    x, width = 632, 204
    return [
        text(x, top + 78, formula, 13.5),
        text(x, top + 104, f"{number:,}", 20, weight=600),
        text(x + width, top + 104, f"{number / standard:.0%} of (a)", 13, "end", fill=QUIET),
        rectangle(x, top + 114, width, 8, "#e7eaec"),
        rectangle(x, top + 114, width * number / largest, 8, SEEN),
    ]


def _cuboid(x: float, y: float, side: float, depth: float, fill: str) -> list[str]:
    """A square with depth behind it, up and to the right."""
    dx, dy = depth * 0.8, -depth * 0.6
    faces = (
        (fill, [(x, y), (x + side, y), (x + side, y + side), (x, y + side)]),
        (_shade(fill, 1.05), [(x, y), (x + dx, y + dy), (x + side + dx, y + dy), (x + side, y)]),
        (
            _shade(fill, 0.86),
            [
                (x + side, y),
                (x + side + dx, y + dy),
                (x + side + dx, y + side + dy),
                (x + side, y + side),
            ],
        ),
    )
    return [
        f'<polygon points="{" ".join(f"{a:.1f},{b:.1f}" for a, b in corners)}" fill="{colour}" '
        f'stroke="{INK}" stroke-width="0.8" stroke-linejoin="round"/>'
        for colour, corners in faces
    ]


def _shade(colour: str, factor: float) -> str:
    values = [min(int(colour[i : i + 2], 16) * factor, 255) for i in (1, 3, 5)]
    return "#{:02x}{:02x}{:02x}".format(*(round(value) for value in values))
