"""Speed: ratios between jobs of one run, and how cost grows with the number of faces."""

import math
from collections.abc import Callable

import numpy as np

from fermask.faces.drawing import HIDDEN, SEEN
from fermask.reporting.figures.paper import EDGE, MARGIN, QUIET, document, rectangle, text
from fermask.studies.performance import Timing

_WIDTH = 860
# Where the plot of ratios begins; the names of the jobs stand left of it.
_LEFT, _RIGHT = 430, _WIDTH - MARGIN - 70
_KEY = (
    "Dot: median. Line: lowest to highest round. Stroke: the aim, and orange what misses it. Left "
    "of 1× is faster."
)
_LINE, _PART = 26, 40
_COLOURS = ("#0b7285", "#c2410c", "#7048a8", "#5c7a1f", "#b0236a", "#8a93a3")


def draw_ratios(parts: dict[str, list[Timing]]) -> str:
    """How long jobs take beside others of the same round, on a scale of tenfolds.

    Args:
        parts: timings by part; those that are compared with nothing are left out.
    """
    shown = {
        name: [each for each in timings if each.compared and each.seconds.all()]
        for name, timings in parts.items()
    }
    shown = {name: timings for name, timings in shown.items() if timings}
    values = [value for timings in shown.values() for each in timings for value in _values(each)]
    place, tens = _scale([1.0, *values], _LEFT, _RIGHT)
    height = 100 + sum(_PART + _LINE * len(timings) for timings in shown.values())
    drawn = [
        text(MARGIN, 34, "Time beside another job of the same round", 16, weight=600),
        text(MARGIN, 54, _KEY, 12, fill=QUIET),
    ]
    for ratio in tens:
        drawn += _upright(place(ratio), 88, height - 20, EDGE)
        drawn.append(text(place(ratio), 80, f"{ratio:g}×", 12, "middle", fill=QUIET))
    drawn += _upright(place(1), 88, height - 20, QUIET)
    y = 88
    for name, timings in shown.items():
        y += _PART
        drawn.append(text(MARGIN, y - 12, name, 14, weight=600))
        for each in timings:
            drawn += _ratio(each, y + _LINE / 2, place)
            y += _LINE
    return document(drawn, _WIDTH, height, "Ratios of times, by part")


def _values(timing: Timing) -> list[float]:
    aim = [] if timing.aim_ratio is None else [timing.aim_ratio]
    return [*timing.ratios, *aim]


def _ratio(timing: Timing, y: float, place: Callable[[float], float]) -> list[str]:
    median, low, high = (float(f(timing.ratios)) for f in (np.median, np.min, np.max))
    colour = HIDDEN if timing.reached is False else SEEN
    name = f"{timing.job}, {timing.faces:,} faces" if timing.faces > 1 else timing.job
    words = f"{name} : {timing.compared_with}"
    size = 12 if len(words) < 66 else 12 * 66 / len(words)
    line = rectangle(place(low), y - 1, max(place(high) - place(low), 1), 2, colour)
    aim = [] if timing.aim_ratio is None else _upright(place(timing.aim_ratio), y - 9, y + 9, QUIET)
    return [
        text(MARGIN, y + 4, words, size),
        *aim,
        line,
        f'<circle cx="{place(median):.1f}" cy="{y:.1f}" r="5" fill="{colour}"/>',
        text(
            _WIDTH - MARGIN, y + 4, f"{median:.2g}" if median < 10 else f"{median:.0f}", 12, "end"
        ),
    ]


def draw_growth(timings: list[Timing]) -> str:
    """Seconds of each job by the number of faces, both on a scale of tenfolds.

    Args:
        timings: several of a job, of different numbers of faces; a job that stands alone is
            left out. There are colours for six jobs.
    """
    jobs: dict[str, list[Timing]] = {}
    for each in timings:
        jobs.setdefault(each.job, []).append(each)
    jobs = {name: found for name, found in jobs.items() if len({t.faces for t in found}) > 1}
    bottom, top = 400, 74
    across, faces = _scale([t.faces for ts in jobs.values() for t in ts], 92, 560)
    took = [float(np.median(t.seconds)) for ts in jobs.values() for t in ts]
    up, seconds = _scale(took, bottom, top)
    drawn = [text(MARGIN, 34, "How cost grows with the number of faces", 16, weight=600)]
    for n in faces:
        drawn += _upright(across(n), top, bottom, EDGE)
        drawn.append(text(across(n), bottom + 20, f"{n:,.0f}", 12, "middle", fill=QUIET))
    for s in seconds:
        drawn.append(rectangle(92, up(s), 468, 1, EDGE, radius=0))
        drawn.append(text(84, up(s) + 4, f"{s:g} s", 12, "end", fill=QUIET))
    drawn.append(text(326, bottom + 44, "faces", 13, "middle", fill=QUIET))
    for i, (name, found) in enumerate(jobs.items()):
        colour = _COLOURS[i % len(_COLOURS)]
        points = [(across(t.faces), up(float(np.median(t.seconds)))) for t in found]
        path = "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
        drawn.append(f'<path d="M{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        drawn += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{colour}"/>' for x, y in points]
        drawn.append(rectangle(584, 84 + 26 * i, 14, 4, colour))
        drawn.append(text(606, 91 + 26 * i, name, 13))
    return document(drawn, _WIDTH, bottom + 64, "Seconds by number of faces")


def _scale(
    values: list[float], start: float, end: float
) -> tuple[Callable[[float], float], list[float]]:
    """Where a value stands between two places, by its logarithm, and the tenfolds to mark."""
    logs = np.log10(values or [1.0])
    low, high = math.floor(logs.min()), math.ceil(logs.max())
    high = max(high, low + 1)

    def place(value: float) -> float:
        return start + (end - start) * (math.log10(value) - low) / (high - low)

    return place, [10.0**power for power in range(low, high + 1)]


def _upright(x: float, top: float, bottom: float, colour: str) -> list[str]:
    return [rectangle(x - 0.5, top, 1, bottom - top, colour, radius=0)]
