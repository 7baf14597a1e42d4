"""The first tab: one photograph, its faces, and what can be asked of each."""

import gradio as gr
import numpy as np

from apps.demo_parts.examples import example_photographs
from apps.demo_parts.html import html_caption, html_said
from apps.demo_parts.inputs import PhotographInput, refuse
from apps.demo_parts.limits import Workers
from apps.demo_parts.panels import FacePanel, MarkPanel, MaskPanel, NetworksPanel, Updates
from apps.demo_parts.reading import (
    Reading,
    Square,
    draw_faces,
    face_at,
    read_faces,
    square_of,
)
from apps.demo_parts.words import (
    GONE,
    NO_FACE,
    NO_FACE_ADVICE,
    START,
    WELCOME,
    faces_found,
    how_sure,
)
from fermask.networks.inference import Network
from fermask.photographs.overlays import limit_size, parse_colour
from fermask.photographs.prediction import compare_networks, try_mask
from fermask.photographs.records import face_caption

_THUMBNAIL = 240
_PRIVATE = {"api_visibility": "private"}


class PhotographTab:
    """Widgets, and handlers that take a photograph's bytes and give updates.

    Nothing but the squares that a visitor marked is kept between two of them.
    """

    def __init__(self, network: Network, others: list[Network], workers: Workers):
        self._network, self._others = network, others
        self._examples = example_photographs()
        self.squares = gr.State([])
        with gr.Row(equal_height=False):
            with gr.Column(scale=2, min_width=300):
                self._build_inputs()
            with gr.Column(scale=3, min_width=300):
                self._build_overview()
        self.mark = MarkPanel()
        doubt = how_sure(network.record)
        self.face = FacePanel(doubt)
        self.masks = MaskPanel(doubt)
        self.networks = NetworksPanel()
        self._wire(workers)

    def _build_inputs(self) -> None:
        self.photograph = PhotographInput(
            label="Photograph",
            alt_text="The photograph you added",
            sources=["upload", "webcam", "clipboard"],
            format="png",
            height=320,
            elem_id="photograph",
            placeholder="Drop a photograph here\n- or -\nclick to choose one",
        )
        gr.HTML(html_caption(f"{WELCOME} Or click an example:"))
        self.examples = gr.Gallery(
            [(limit_size(image, _THUMBNAIL), caption) for image, caption in self._examples],
            label="Examples",
            show_label=False,
            columns=3,
            height=130,
            object_fit="cover",
            allow_preview=False,
            interactive=False,
            buttons=[],
            format="png",
            elem_id="examples",
        )

    def _build_overview(self) -> None:
        self.said = gr.HTML(html_said(START), elem_id="said")
        self.boxes = gr.Image(
            label="Faces found",
            alt_text="The photograph with a frame around each face",
            show_label=False,
            visible=False,
            interactive=False,
            format="jpeg",
            height=400,
            buttons=["fullscreen"],
            elem_id="boxes",
        )
        self.faces = gr.Radio(label="Which face", visible=False, elem_id="faces")

    def _wire(self, workers: Workers) -> None:
        limited = workers.limited
        kept = [self.photograph, self.squares, self.faces]
        overview = [self.said, self.boxes, self.faces]
        below = [*self.face.widgets, *self.masks.widgets, *self.networks.widgets]
        everything = [self.squares, *overview, *self.mark.widgets, *below]
        sliders = self.mark.sliders
        self.examples.select(self.take_example, None, self.photograph, **_PRIVATE)
        self.photograph.change(limited(self.read), self.photograph, everything, **_PRIVATE)
        self.faces.input(limited(self.choose), kept, everything, **_PRIVATE)
        self.boxes.select(limited(self.point), [*kept, *sliders], everything, **_PRIVATE)
        for slider in sliders:
            slider.input(
                limited(self.preview),
                [*kept, *sliders],
                self.boxes,
                trigger_mode="always_last",
                show_progress="hidden",
                **_PRIVATE,
            )
        self.mark.read.click(limited(self.add_square), [*kept, *sliders], everything, **_PRIVATE)
        self.mark.whole.click(limited(self.add_whole), kept, everything, **_PRIVATE)
        style = [self.masks.style, self.masks.colour]
        trial = self.masks.trial_widgets
        self.masks.put_on.click(limited(self.mask_on), [*kept, *style], trial, **_PRIVATE)
        self.networks.ask.click(limited(self.compare), kept, self.networks.table, **_PRIVATE)

    def take_example(self, clicked: gr.SelectData) -> np.ndarray:
        """The example that was clicked."""
        return self._examples[clicked.index][0]

    def read(self, data: bytes | None) -> Updates:
        """A new photograph, or none."""
        if data is None:
            return self._emptied(START, trouble=False)
        try:
            reading = read_faces(data, [], self._network)
        except ValueError as error:
            return self._emptied(str(error), trouble=True)
        return {self.squares: []} | self._shown(reading, 0)

    def choose(self, data: bytes | None, squares: list[Square], chosen: int | None) -> Updates:
        """Another face of the photograph."""
        reading = self._again(data, squares)
        return self._shown(reading, _within(chosen, reading))

    def point(
        self,
        data: bytes | None,
        squares: list[Square],
        chosen: int | None,
        across: float,
        down: float,
        share: float,
        clicked: gr.SelectData,
    ) -> Updates:
        """A click on the photograph: on a face to choose it, elsewhere to mark one."""
        reading = self._again(data, squares)
        height, width = reading.image_rgb.shape[:2]
        # The picture on the page is smaller than the photograph; clicks come in its pixels.
        shown_height, shown_width = limit_size(reading.image_rgb, 1280).shape[:2]
        x, y = clicked.index[0] * width / shown_width, clicked.index[1] * height / shown_height
        hit = face_at(reading, x, y)
        if hit is not None:
            return self._shown(reading, hit)
        place = (round(100 * x / width), round(100 * y / height))
        return {
            self.mark.panel: gr.Accordion(visible=True, open=True),
            self.mark.across: place[0],
            self.mark.down: place[1],
        } | self.mark.drawn(reading, self.boxes, (*place, share))

    def preview(
        self,
        data: bytes | None,
        squares: list[Square],
        chosen: int | None,
        across: float,
        down: float,
        share: float,
    ) -> Updates:
        """The square where the sliders put it."""
        return self.mark.drawn(self._again(data, squares), self.boxes, (across, down, share))

    def add_square(
        self,
        data: bytes | None,
        squares: list[Square],
        chosen: int | None,
        across: float,
        down: float,
        share: float,
    ) -> Updates:
        """Read the square as a face."""
        image_rgb = self._again(data, []).image_rgb
        return self._add(data, squares, square_of(image_rgb, across, down, share))

    def add_whole(self, data: bytes | None, squares: list[Square], chosen: int | None) -> Updates:
        """Read the whole picture as a face."""
        return self._add(data, squares, square_of(self._again(data, []).image_rgb, 50, 50, 100))

    def mask_on(
        self,
        data: bytes | None,
        squares: list[Square],
        chosen: int | None,
        style: str,
        colour: str,
    ) -> Updates:
        """A mask on the chosen face."""
        reading = self._again(data, squares)
        chosen = _within(chosen, reading)
        trial = try_mask(
            reading.image_rgb,
            reading.predictions[chosen],
            style,
            model=self._network,
            colour_rgb=parse_colour(colour) if colour else None,
        )
        if trial.problems:
            gr.Warning(f"The mask does not sit well: {' and '.join(trial.problems)}.")
        return self.masks.tried(reading, chosen, trial)

    def compare(self, data: bytes | None, squares: list[Square], chosen: int | None) -> Updates:
        """Every network's answer for the chosen face."""
        reading = self._again(data, squares)
        crop = reading.predictions[_within(chosen, reading)].crop
        return self.networks.answered(compare_networks(crop, [self._network, *self._others]))

    def _again(self, data: bytes | None, squares: list[Square]) -> Reading:
        if data is None:
            raise refuse(GONE)
        return read_faces(data, squares, self._network)

    def _add(self, data: bytes | None, squares: list[Square], square: Square) -> Updates:
        squares = [*squares, square]
        reading = self._again(data, squares)
        last = len(reading.predictions) - 1
        return {self.squares: squares} | self._shown(reading, last)

    def _shown(self, reading: Reading, chosen: int) -> Updates:
        faces = reading.predictions
        if not faces:
            return self._without_face(reading)
        names = [(face_caption(i + 1, each), i) for i, each in enumerate(faces)]
        return {
            self.said: html_said(faces_found(faces, reading.marked)),
            self.boxes: gr.Image(draw_faces(reading, chosen), visible=True),
            self.faces: gr.Radio(choices=names, value=chosen, visible=len(faces) > 1),
            **self.mark.shown(wanted=False),
            **self.face.shown(reading, chosen),
            **self.masks.shown(reading, chosen),
            **self.networks.shown(),
        }

    def _without_face(self, reading: Reading) -> Updates:
        return {
            **self._emptied(f"{NO_FACE} {NO_FACE_ADVICE}", trouble=True),
            **self.mark.shown(wanted=True),
            **self.mark.drawn(reading, self.boxes, (50, 50, 40)),
            **dict(zip(self.mark.sliders, (50, 50, 40), strict=True)),
        }

    def _emptied(self, sentence: str, trouble: bool) -> Updates:
        return {
            self.squares: [],
            self.said: html_said(sentence, trouble),
            self.boxes: gr.Image(None, visible=False),
            self.faces: gr.Radio(choices=[], value=None, visible=False),
            **self.mark.hidden(),
            **self.face.hidden(),
            **self.masks.hidden(),
            **self.networks.hidden(),
        }


def _within(chosen: int | None, reading: Reading) -> int:
    """The chosen face, where there still is one of this number."""
    if not isinstance(chosen, int) or not 0 <= chosen < len(reading.predictions):
        raise refuse(GONE)
    return chosen
