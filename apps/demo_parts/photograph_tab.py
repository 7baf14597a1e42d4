"""The first tab: one photograph, its faces, and what can be asked of each."""

import gradio as gr

from apps.demo_parts.decoding import decode
from apps.demo_parts.examples import example_photographs
from apps.demo_parts.html import (
    SELECT_BUTTON,
    html_examples,
    html_photograph,
    html_said,
    html_verdict,
)
from apps.demo_parts.inputs import PhotographInput, refuse
from apps.demo_parts.limits import Workers
from apps.demo_parts.panels import FacePanels, Updates, faces_picture
from apps.demo_parts.reading import Reading, add_square, as_reading, find_faces
from apps.demo_parts.words import (
    DROP,
    EXAMPLES,
    GONE,
    LOOKING,
    NO_FACE,
    START,
    WELCOME,
    faces_found,
    how_sure,
)
from fermask.networks.inference import Network
from fermask.photographs.overlays import LONGEST, parse_colour
from fermask.photographs.prediction import compare_networks, try_mask

_PRIVATE = {"api_visibility": "private"}


class PhotographTab:
    """Widgets, and handlers that give updates.

    A visitor's photograph, its faces and which of them is chosen are kept for the session, for
    ``kept_for`` seconds: it is looked at once.
    """

    def __init__(self, network: Network, others: list[Network], workers: Workers, kept_for: float):
        self._network, self._others = network, others
        self._doubt = how_sure(network.record)
        self._examples = example_photographs()
        self.reading = gr.State(None, time_to_live=kept_for)
        self.chosen = gr.State(0, time_to_live=kept_for)
        with gr.Row(equal_height=False):
            with gr.Column(scale=3, min_width=300):
                self.photograph = PhotographInput(
                    label="Photograph",
                    sources=["upload", "webcam", "clipboard"],
                    format="png",
                    height=340,
                    elem_id="photograph",
                    placeholder=DROP,
                )
                self.picture = faces_picture()
            with gr.Column(scale=2, min_width=300):
                self.said = gr.HTML(html_said(START), elem_id="said")
                self.verdict = gr.HTML(elem_id="verdict")
                self.examples = gr.HTML(
                    html_examples(f"{WELCOME} {EXAMPLES}", self._examples),
                    elem_id="examples",
                    js_on_load=SELECT_BUTTON,
                )
        self.below = FacePanels(self._doubt)
        self._wire(workers)

    def _wire(self, workers: Workers) -> None:
        limited = workers.limited
        answer = [self.chosen, self.said, self.verdict, *self.below.widgets]
        everything = [self.photograph, self.picture, self.reading, *answer]
        self.everything = everything
        opened = (
            self.examples.select(limited(self.open_example), None, everything, **_PRIVATE),
            self.photograph.input(limited(self.open), self.photograph, everything, **_PRIVATE),
        )
        for each in opened:
            each.success(
                limited(self.read), self.reading, everything, show_progress="hidden", **_PRIVATE
            )
        self.picture.select(
            limited(self.choose), self.reading, answer, show_progress="hidden", **_PRIVATE
        )
        self.picture.mark(limited(self.mark), self.reading, everything, **_PRIVATE)
        self.picture.clear(self.clear, None, everything, show_progress="hidden", **_PRIVATE)
        below, kept = self.below, [self.reading, self.chosen]
        mask = [below.style, below.colour, below.printed, below.fit]
        below.put_on.click(limited(self.mask_on), [*kept, *mask], below.trial, **_PRIVATE)
        below.ask.click(limited(self.compare), kept, below.table, **_PRIVATE)

    def open_example(self, clicked: gr.EventData) -> Updates:
        """The example that was clicked."""
        image_rgb, _ = self._examples[clicked.index]
        return self._opened(as_reading(image_rgb))

    def open(self, data: bytes | None) -> Updates:
        """A new photograph, or none: shown at once, before its faces are looked for."""
        if data is None:
            return self._emptied(START)
        try:
            photograph = decode(data, LONGEST)
            return self._opened(as_reading(photograph.image_rgb, photograph.warning))
        except ValueError as error:
            return self._emptied(str(error), trouble=True)

    def read(self, reading: Reading | None) -> Updates:
        """Every face of the photograph that has been opened."""
        if reading is None:
            return gr.skip()
        return self._with(find_faces(reading, self._network), 0)

    def choose(self, reading: Reading | None, clicked: gr.EventData) -> Updates:
        """Another face of the photograph."""
        reading = _kept(reading)
        return self._answer(reading, _within(clicked.index, reading))

    def mark(self, reading: Reading | None, dragged: gr.EventData) -> Updates:
        """A square that was dragged around a face."""
        try:
            square = float(dragged.x), float(dragged.y), float(dragged.size)
        except (AttributeError, TypeError, ValueError) as error:
            raise refuse("Expected a square with x, y and size.") from error
        reading = add_square(_kept(reading), square, self._network)
        return self._with(reading, len(reading.faces) - 1)

    def clear(self) -> Updates:
        """Room for another photograph."""
        return self._emptied(START)

    def mask_on(
        self,
        reading: Reading | None,
        chosen: int,
        style: str,
        colour: str,
        printed: str,
        fit: str,
    ) -> Updates:
        """A mask on the chosen face."""
        reading = _kept(reading)
        chosen = _within(chosen, reading)
        trial = try_mask(
            reading.image_rgb,
            reading.faces[chosen],
            style,
            model=self._network,
            colour_rgb=parse_colour(colour) if colour else None,
            fit=fit,
            printed=printed or None,
        )
        if trial.problems:
            gr.Warning(f"The mask does not sit well: {' and '.join(trial.problems)}.")
        return self.below.tried(reading, chosen, trial)

    def compare(self, reading: Reading | None, chosen: int) -> Updates:
        """Every network's answer for the chosen face."""
        reading = _kept(reading)
        crop = reading.faces[_within(chosen, reading)].crop
        return self.below.answered(compare_networks(crop, [self._network, *self._others]))

    def _opened(self, reading: Reading) -> Updates:
        return {
            **self._emptied(LOOKING),
            self.picture: gr.HTML(html_photograph(reading, None), visible=True),
            self.photograph: gr.Image(value=None, visible=False),
            self.reading: reading,
        }

    def _with(self, reading: Reading, chosen: int) -> Updates:
        """The photograph with its faces, one of them chosen."""
        kept = {
            self.photograph: gr.Image(value=None, visible=False),
            self.picture: gr.HTML(html_photograph(reading, chosen), visible=True),
            self.reading: reading,
        }
        if reading.faces:
            return kept | self._answer(reading, chosen)
        return kept | {
            self.said: html_said(f"{NO_FACE} {reading.warning}", trouble=True),
            self.verdict: "",
        }

    def _answer(self, reading: Reading, chosen: int) -> Updates:
        return {
            self.chosen: chosen,
            self.said: html_said(f"{faces_found(reading.faces, reading.marked)} {reading.warning}"),
            self.verdict: html_verdict(reading.faces[chosen], self._doubt, limits=True),
            **self.below.shown(reading, chosen),
        }

    def _emptied(self, sentence: str, trouble: bool = False) -> Updates:
        return {
            self.photograph: gr.Image(value=None, visible=True),
            self.picture: gr.HTML("", visible=False),
            self.reading: None,
            self.chosen: 0,
            self.said: html_said(sentence, trouble),
            self.verdict: "",
            **self.below.hidden(),
        }


def _kept(reading: Reading | None) -> Reading:
    if reading is None:
        raise refuse(GONE)
    return reading


def _within(chosen: int, reading: Reading) -> int:
    """The chosen face, where there is one of this number."""
    if not isinstance(chosen, int) or not 0 <= chosen < len(reading.faces):
        raise refuse(GONE)
    return chosen
