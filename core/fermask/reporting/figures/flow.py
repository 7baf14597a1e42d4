"""Flow charts of cards below each other, which Figs. 1 and 2 are made of."""

from dataclasses import dataclass

from fermask.faces.drawing import SEEN
from fermask.reporting.figures.paper import CARD_GROUND, EDGE, QUIET, arrow, placed, rectangle, text

_LINE, _GAP = 18, 22


@dataclass(frozen=True)
class Card:
    """A box of a flow chart.

    ``title`` and ``value``: at the head's left and right. ``rows``: text at the left and at the
    right. ``shortcut``: what is done beside the rows and added to them. ``total``: at the foot.
    ``face``: a document of ``drawing`` to stand beside. ``repeats``: how many such boxes.
    """

    title: str
    value: str = ""
    rows: tuple[tuple[str, str], ...] = ()
    shortcut: tuple[str, ...] = ()
    total: str = ""
    face: str = ""
    repeats: int = 1

    @property
    def height(self) -> float:
        """Of one box, without its repeats."""
        foot = bool(self.shortcut or self.total)
        lines = len(self.rows) + len(self.shortcut) + foot
        return max(30 + _LINE * lines, 64 if self.face else 0)


def column(
    cards: list[Card], x: float, y: float, width: float
) -> tuple[list[str], list[tuple[float, float]]]:
    """Cards below each other with arrows between, and the top and bottom of each."""
    parts: list[str] = []
    places: list[tuple[float, float]] = []
    for card in cards:
        if places:
            parts += arrow([(x + width / 2, places[-1][1]), (x + width / 2, y)])
        parts += _card(card, x, y, width)
        # The boxes of a repeated card stand out below.
        places.append((y, y + card.height + 4 * min(card.repeats - 1, 2)))
        y = places[-1][1] + _GAP
    return parts, places


def _card(card: Card, x: float, y: float, width: float) -> list[str]:
    parts = [
        rectangle(x + 4 * i, y + 4 * i, width, card.height, CARD_GROUND, EDGE, 6)
        for i in reversed(range(min(card.repeats, 3)))
    ]
    right, left = x + width - 12, x + 12
    if card.face:
        parts.append(placed(card.face, x + 8, y + 8, 48))
        left = x + 66
    line = y + 20
    parts.append(text(left, line, card.title, 13.5, weight=600))
    parts.append(text(right, line, card.value, 13, "end", 600))
    if card.repeats > 1:
        below = y + card.height + 26
        parts.append(text(x, below, f"{card.repeats}× in a row", 14, weight=600, fill=SEEN))
    for name, value in card.rows:
        line += _LINE
        parts.append(text(left + 14 * bool(card.shortcut), line, name, 12.5))
        parts.append(text(right, line, value, 12.5, "end", fill=QUIET))
    for words in card.shortcut:
        line += _LINE
        parts.append(text(left + 14, line, words, 12.5, fill=SEEN))
    line += _LINE
    parts.append(text(right, line, card.total, 12.5, "end", fill=QUIET))
    if card.shortcut:
        parts += _way_around(left, y + 28, line - 4)
    return parts


def _way_around(x: float, top: float, bottom: float) -> list[str]:
    """From a block's input to the sum at its end."""
    plus = f"M{x + 14:.1f} {bottom:.1f}h10m-5 -5v10"
    return [
        *arrow([(x, top), (x, bottom), (x + 12, bottom)], SEEN),
        f'<path d="{plus}" fill="none" stroke="{SEEN}" stroke-width="2"/>',
    ]
