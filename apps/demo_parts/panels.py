"""What the page shows of one face, below the photograph: four panels, each widgets and updates.

An update is what Gradio takes from a handler: widgets as keys, their new values.
"""

from typing import Any

import gradio as gr

from apps.demo_parts.html import html_caption, html_networks, html_section, html_verdict
from apps.demo_parts.reading import Reading, Square, draw_faces, draw_framed, draw_trial, square_of
from apps.demo_parts.words import COLOURS
from fermask.faces.mask_styles import MASK_STYLES, STYLES
from fermask.photographs.overlays import draw_evidence, enlarge_pixels
from fermask.photographs.prediction import MaskTrial, NetworkAnswer

Updates = dict[Any, Any]


def face_image(label: str, elem_id: str, pixels: bool = False) -> gr.Image:
    """A square picture of a face, to look at only."""
    return gr.Image(
        label=label,
        alt_text=label,
        show_label=False,
        interactive=False,
        format="png",
        height=230,
        buttons=[],
        elem_id=elem_id,
        elem_classes=["pixels"] if pixels else None,
    )


class FacePanel:
    """What the network says of the chosen face, what it saw, and where it found it."""

    def __init__(self, doubt: str):
        self._doubt = doubt
        with gr.Column(visible=False) as self.panel:
            gr.HTML(html_section("This face", ""))
            with gr.Row(equal_height=False):
                with gr.Column(min_width=280, scale=4):
                    self.verdict = gr.HTML(elem_id="verdict", padding=True)
                with gr.Column(min_width=140, scale=3):
                    self.framed = face_image("The face as it was cut out", "framed")
                    gr.HTML(html_caption("Cut out as the training faces were."))
                with gr.Column(min_width=140, scale=3):
                    self.seen = face_image("The network's 48 × 48 pixels", "seen", pixels=True)
                    gr.HTML(html_caption("What the network saw: 48 × 48 grey pixels."))
                with gr.Column(min_width=140, scale=3):
                    self.evidence = face_image("Evidence, as colours over the face", "evidence")
                    self.evidence_said = gr.HTML()
        self.widgets = [self.panel, self.verdict, self.framed, self.seen, self.evidence]
        self.widgets.append(self.evidence_said)

    def shown(self, reading: Reading, chosen: int) -> Updates:
        """The panel for one face."""
        each = reading.predictions[chosen]
        return {
            self.verdict: html_verdict(each, self._doubt),
            self.framed: draw_framed(reading.image_rgb, each),
            self.seen: enlarge_pixels(each.crop, 5),
            self.evidence: draw_evidence(each.crop, each.evidence, each.class_index, 240),
            self.evidence_said: html_caption(
                f"Where it looked: orange speaks for {each.label}, blue against it."
            ),
            self.panel: gr.Column(visible=True),
        }

    def hidden(self) -> Updates:
        """No face, no panel."""
        return {self.panel: gr.Column(visible=False)}


def style_choices() -> list[tuple[str, str]]:
    """Every kind of mask as a widget's choices: what it is called, and its name."""
    return [(style.label, style.name) for style in MASK_STYLES.values()]


class MaskPanel:
    """A drawn mask on a bare face, and both answers beside each other."""

    def __init__(self, doubt: str):
        self._doubt = doubt
        with gr.Column(visible=False) as self.panel:
            gr.HTML(
                html_section(
                    "Put a mask on",
                    "The network learned mostly from masked faces, so a bare mouth can mislead it. "
                    "Here is the same face again, under a drawn mask. Of 68 landmarks on the face, "
                    "the mask leaves the 27 blue ones visible and hides the orange ones.",
                )
            )
            with gr.Row(equal_height=True):
                self.style = gr.Radio(
                    style_choices(),
                    value=STYLES[0],
                    label="Mask",
                    scale=4,
                    elem_id="style",
                )
                self.colour = gr.Dropdown(
                    list(COLOURS),
                    value="",
                    label="Colour",
                    filterable=False,
                    scale=2,
                    elem_id="colour",
                )
                self.put_on = gr.Button("Put it on", variant="primary", scale=1, elem_id="put-on")
            with gr.Row(visible=False, equal_height=False) as self.trial:
                with gr.Column(min_width=280):
                    self.before = face_image("Without a mask, 68 landmarks", "before-image")
                    self.before_said = gr.HTML(elem_id="before", padding=True)
                with gr.Column(min_width=280):
                    self.after = face_image("With a mask, 27 landmarks", "after-image")
                    self.after_said = gr.HTML(elem_id="after", padding=True)
        self.trial_widgets = [self.before, self.before_said, self.after, self.after_said]
        self.trial_widgets.append(self.trial)
        self.widgets = [self.panel, self.trial]

    def shown(self, reading: Reading, chosen: int) -> Updates:
        """The panel where the face is bare, without a trial yet."""
        bare = not reading.predictions[chosen].mask
        return {self.panel: gr.Column(visible=bare), self.trial: gr.Row(visible=False)}

    def hidden(self) -> Updates:
        """No face, no panel."""
        return {self.panel: gr.Column(visible=False), self.trial: gr.Row(visible=False)}

    def tried(self, reading: Reading, chosen: int, trial: MaskTrial) -> Updates:
        """Both faces and both answers."""
        bare, masked = draw_trial(reading, chosen, trial)
        before = reading.predictions[chosen]
        return {
            self.before: bare,
            self.before_said: html_verdict(before, self._doubt, "Without a mask"),
            self.after: masked,
            self.after_said: html_verdict(trial.prediction, self._doubt, "With the mask"),
            self.trial: gr.Row(visible=True),
        }


class NetworksPanel:
    """The same face put to every network that ships."""

    def __init__(self):
        with gr.Column(visible=False) as self.panel:
            gr.HTML(
                html_section(
                    "Ask other networks",
                    "The paper compares its M-Xception with three others. They were trained by its "
                    "recipe and for fewer epochs, so this shows how networks differ, not "
                    "which design is best.",
                )
            )
            self.ask = gr.Button("Compare networks", elem_id="compare", size="sm")
            self.table = gr.HTML(elem_id="networks", elem_classes=["scrolls"])
        self.widgets = [self.panel, self.table]

    def shown(self) -> Updates:
        """The panel before anything was asked."""
        return {self.panel: gr.Column(visible=True), self.table: ""}

    def hidden(self) -> Updates:
        """No face, no panel."""
        return {self.panel: gr.Column(visible=False), self.table: ""}

    def answered(self, answers: list[NetworkAnswer]) -> Updates:
        """Every network's answer."""
        return {self.table: html_networks(answers)}


class MarkPanel:
    """A square that the visitor puts around a face that was not found."""

    def __init__(self):
        with gr.Accordion(
            "Is a face missing? Mark it yourself", open=False, visible=False, elem_id="mark"
        ) as self.panel:
            gr.HTML(
                html_caption(
                    "Click on the face in the photograph above, or move the sliders, until the "
                    "square reaches from the hair to just below the chin."
                )
            )
            with gr.Row():
                self.across = gr.Slider(0, 100, 50, step=1, label="From the left, %", min_width=140)
                self.down = gr.Slider(0, 100, 50, step=1, label="From the top, %", min_width=140)
                self.share = gr.Slider(5, 100, 40, step=1, label="Size, %", min_width=140)
            with gr.Row():
                self.read = gr.Button("Read this square", variant="primary", elem_id="read-square")
                self.whole = gr.Button("Use the whole picture", elem_id="whole")
        self.sliders = [self.across, self.down, self.share]
        self.widgets = [self.panel, *self.sliders]

    def shown(self, wanted: bool) -> Updates:
        """The panel, open where it is wanted because no face was found."""
        return {self.panel: gr.Accordion(visible=True, open=wanted)}

    def hidden(self) -> Updates:
        """No photograph, no panel."""
        return {self.panel: gr.Accordion(visible=False)}

    def drawn(self, reading: Reading, boxes: gr.Image, sliders: tuple[float, ...]) -> Updates:
        """The photograph with the square that the sliders tell."""
        square: Square = square_of(reading.image_rgb, *sliders)
        return {boxes: gr.Image(draw_faces(reading, None, square), visible=True)}
