"""Charts as HTML in the page's own colours: nothing to load, and text that stays readable."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

import pandas as pd
import streamlit as st

from fermask.faces.drawing import class_colours, svg_url
from fermask.faces.labels import CLASSES
from fermask.networks import NETWORKS

OTHER_COLOUR = "#b8b2a7"
# Of the networks, in their order; begun again where there are more.
_NETWORK_COLOURS = (
    *("#c4513a", "#e0a526", "#8a93a3", "#0b7285", "#4db6c6"),
    *("#7048a8", "#5c7a1f", "#b0236a"),
)
OTHER = "other"

_STYLE = """<style>
.ferm-chart{font-size:0.8rem;margin:0}.ferm-chart .legend{display:flex;flex-wrap:wrap;
gap:0.1rem 0.9rem;padding-bottom:0.3rem}.ferm-chart .legend i,.ferm-chart .dot{display:inline-block;
width:0.65rem;height:0.65rem;border-radius:50%;margin-right:0.3rem}
.ferm-chart .plot{position:relative;border-bottom:1px solid;border-color:rgb(128 128 128 / 50%)}
.ferm-chart .bars{display:flex;align-items:flex-end;height:100%;gap:var(--gap)}
.ferm-chart .bars>div{flex:1;min-width:0;display:flex;flex-direction:column-reverse}
.ferm-chart .bars b,.ferm-chart .names span{text-align:center;font-weight:400}
.ferm-chart .names{display:flex;gap:var(--gap)}.ferm-chart .names span{flex:1;min-width:0}
.ferm-chart .rows{display:grid;grid-template-columns:auto 1fr;gap:0.25rem 0.6rem;
align-items:center}.ferm-chart .rows>div{display:flex;height:1.1rem;white-space:nowrap}
.ferm-chart .cut{position:absolute;top:0;bottom:0;border-left:2px dashed rgb(128 128 128 / 80%)}
.ferm-chart .tick{position:absolute;opacity:0.75;white-space:nowrap}
.ferm-chart .dot{position:absolute;width:9px;height:9px;margin:-4.5px}
.ferm-chart .plot img{position:absolute;inset:0;width:100%;height:100%}
.ferm-chart .title{opacity:0.75;text-align:center;padding-top:0.2rem}
</style>"""


def show_chart(html: str, alt: str, legend: Iterable[tuple[str, str]] = ()) -> None:
    """A chart over the full width; ``alt`` says what it shows.

    Args:
        html: as the other functions here make it.
        alt: for those who do not see it.
        legend: names and colours.
    """
    names = "".join(
        f"<span><i style='background:{colour}'></i>{escape(name)}</span>" for name, colour in legend
    )
    names = f"<div class='legend'>{names}</div>" if names else ""
    st.html(
        f"{_STYLE}<figure class='ferm-chart' role='img' aria-label='{escape(alt)}'>{names}{html}"
        "</figure>"
    )


def class_legend(counts: pd.DataFrame) -> list[tuple[str, str]]:
    """Names and colours of the classes that counts are of."""
    names = [name for name in (*_classes(), OTHER) if name in set(counts["label"])]
    return [(name, class_colour(name)) for name in names]


def class_colour(name: str) -> str:
    """That of a class of the set shown; grey for what is none."""
    return class_colours(_classes()).get(name, OTHER_COLOUR)


def _classes() -> tuple[str, ...]:
    shown = st.session_state.get("shown")
    return CLASSES if shown is None else shown.ferm.classes


def network_colour(name: str) -> str:
    """The same on every chart; grey for a network that is no more."""
    if name not in NETWORKS:
        return OTHER_COLOUR
    return _NETWORK_COLOURS[list(NETWORKS).index(name) % len(_NETWORK_COLOURS)]


def stacked_rows(counts: pd.DataFrame, shares: bool = False) -> str:
    """Lying bars of ``value``, stacked by ``label``: ``n`` faces, or their ``share``.

    Args:
        counts: ``value``, ``label``, ``n`` and ``share``; the first value on top.
        shares: whether they show shares.
    """
    column = "share" if shares else "n"
    largest = max(counts.groupby("value", sort=False)[column].sum().max(), 1e-9)
    rows = []
    for value, ours in counts.groupby("value", sort=False):
        parts = "".join(
            _part(each, "width", 88 * getattr(each, column) / largest) for each in ours.itertuples()
        )
        total = "" if shares else f"&nbsp;{ours['n'].sum():,}"
        rows.append(f"<span>{escape(str(value))}</span><div>{parts}{total}</div>")
    return f"<div class='rows'>{''.join(rows)}</div>"


def stacked_columns(counts: pd.DataFrame, title: str, height: int, shares: bool = False) -> str:
    """Standing bars of ``value``, as ``stacked_rows`` lies them."""
    column = "share" if shares else "n"
    largest = max(counts.groupby("value", sort=False)[column].sum().max(), 1e-9)
    bars, names = [], []
    for value, ours in counts.groupby("value", sort=False):
        parts = "".join(
            _part(each, "height", 88 * getattr(each, column) / largest)
            for each in ours.itertuples()
        )
        total = "" if shares else f"<b>{ours['n'].sum():,}</b>"
        bars.append(f"<div style='height:100%'>{parts}{total}</div>")
        names.append(f"<span>{escape(str(value))}</span>")
    return (
        f"<div style='--gap:0.5rem'><div class='plot' style='height:{height}px'><div class='bars'>"
        f"{''.join(bars)}</div></div><div class='names'>{''.join(names)}</div>"
        f"<div class='title'>{escape(title)}</div></div>"
    )


def _part(each, side: str, percent: float) -> str:
    colour = class_colour(each.label)
    return (
        f"<i style='{side}:{percent:.2f}%;background:{colour}' title='{escape(each.label)}, "
        f"{escape(str(each.value))}: {each.n:,}'></i>"
    )


def histogram_by_class(
    bins: pd.DataFrame, title: str, cuts: Sequence[float], height: int = 190
) -> str:
    """Bars side by side along a measure, stacked by class, with the screening's thresholds.

    Args:
        bins: ``low``, ``high``, ``label`` and ``n``, as ``distributions.histogram`` gives them.
        title: of the measure.
        cuts: where the screening's thresholds lie.
        height: of the bars, pixels.
    """
    if bins.empty:
        return ""
    low, high = bins["low"].min(), bins["high"].max()
    values = bins["low"].map("{:.4g}".format) + " to " + bins["high"].map("{:.4g}".format)
    largest = bins.groupby("low")["n"].sum().max()
    bars = "".join(
        "<div style='height:100%'>"
        + "".join(_part(each, "height", 100 * each.n / largest) for each in ours.itertuples())
        + "</div>"
        for _, ours in bins.assign(value=values).groupby("low")
    )
    marks = "".join(
        f"<span class='cut' style='left:{_percent(cut, low, high)}'></span>"
        for cut in cuts
        if low <= cut <= high
    )
    most = f"<span class='tick' style='top:0;right:0'>{largest:,} faces</span>"
    plot = f"<div class='bars'>{bars}</div>{marks}{most}"
    return (
        f"<div style='--gap:1px'><div class='plot' style='height:{height}px'>{plot}</div>"
        f"{_ticks(low, high, '{:g}')}<div class='title'>{escape(title)}</div></div>"
    )


@dataclass(frozen=True)
class Line:
    """Points joined by a line: ``y`` over ``x``, with the words of each for the pointer.

    ``dots``: whether the points are seen. ``bars``: lowest and highest value of each, or none.
    """

    colour: str
    x: Sequence[float]
    y: Sequence[float]
    words: Sequence[str] = ()
    dots: bool = False
    dash: str = ""
    bars: Sequence[tuple[float, float]] = ()


def line_chart(
    lines: Sequence[Line],
    x_title: str,
    x_range: tuple[float, float],
    y_range: tuple[float, float],
    x_form: str = "{:.0%}",
    height: int = 260,
) -> str:
    """Lines over a shared ground; shares on the upright axis."""
    (x0, x1), (y0, y1) = x_range, y_range

    def place(x: float, y: float) -> tuple[float, float]:
        return 100 * (x - x0) / (x1 - x0), 100 * (y1 - y) / (y1 - y0)

    def path(points: Iterable[tuple[float, float]]) -> str:
        return "M" + "L".join(f"{px:.2f} {py:.2f}" for px, py in points)

    strokes, dots = [], []
    for line in lines:
        places = [place(*each) for each in zip(line.x, line.y, strict=True)]
        drawn = [path(places)]
        drawn += [
            path(place(x, end) for end in ends) for x, ends in zip(line.x, line.bars, strict=False)
        ]
        strokes.append(
            f"<path d='{''.join(drawn)}' fill='none' stroke='{line.colour}' stroke-width='1.6' "
            f"stroke-dasharray='{line.dash}' vector-effect='non-scaling-stroke'/>"
        )
        if line.dots:
            dots += [
                f"<span class='dot' style='left:{px:.2f}%;top:{py:.2f}%;background:{line.colour}' "
                f"title='{escape(words)}'></span>"
                for (px, py), words in zip(places, line.words, strict=True)
            ]
    # As a picture: Streamlit takes drawings out of HTML.
    drawing = (
        '<svg xmlns="http://www.w3.org/2000/svg" width="100" height="100" viewBox="0 0 100 100" '
        f'preserveAspectRatio="none">{"".join(strokes)}</svg>'
    )
    across = "".join(
        f"<span class='tick' style='left:0;top:{100 * (y1 - y) / (y1 - y0):.1f}%;"
        f"border-top:1px solid rgb(128 128 128 / 25%);width:100%'>{y:.0%}</span>"
        for y in _steps(y0, y1)
        if y > y0
    )
    return (
        f"<div class='plot' style='height:{height}px'>{across}<img src='{svg_url(drawing)}' alt=''>"
        f"{''.join(dots)}</div>"
        f"{_ticks(x0, x1, x_form)}<div class='title'>{escape(x_title)}</div>"
    )


def _ticks(low: float, high: float, form: str) -> str:
    """Round numbers below an axis."""
    ticks = "".join(
        f"<span class='tick' style='left:{_percent(each, low, high)};transform:translateX(-50%)'>"
        f"{form.format(each)}</span>"
        for each in _steps(low, high)
    )
    return f"<div style='position:relative;height:1.2rem'>{ticks}</div>"


def _steps(low: float, high: float) -> list[float]:
    """Some five round numbers within a range."""
    least = (high - low) / 7
    power = 10.0 ** math.floor(math.log10(least))
    size = next(power * times for times in (1, 2, 5, 10) if power * times >= least)
    first, last = math.ceil(low / size - 1e-9), math.floor(high / size + 1e-9)
    return [round(size * i, 10) for i in range(first, last + 1)]


def _percent(value: float, low: float, high: float) -> str:
    return f"{100 * (value - low) / (high - low):.2f}%"


def show_bars(
    names: Iterable[str], shares: Iterable[float], colours: Iterable[str], texts: Iterable[str]
) -> None:
    """Lying bars, each with its name before and a text behind it.

    Args:
        names: the first on top.
        shares: 0…1, of the room there is.
        colours: of the bars.
        texts: what each measures.
    """
    rows = "".join(
        f"<span>{escape(name)}</span><div><i style='width:{80 * share:.1f}%;background:{colour}'>"
        f"</i>&nbsp;{escape(text)}</div>"
        for name, share, colour, text in zip(names, shares, colours, texts, strict=True)
    )
    st.html(f"{_STYLE}<div class='ferm-chart'><div class='rows ferm-bars'>{rows}</div></div>")
