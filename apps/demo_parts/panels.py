"""What can be seen and asked of one face, folded below the photograph.

An update is what Gradio takes from a handler: widgets as keys, their new values.
"""

from base64 import b64encode
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import gradio as gr

from apps.demo_parts.html import html_figures, html_networks, html_verdict
from apps.demo_parts.reading import Reading, draw_seen, draw_trial
from apps.demo_parts.words import ABOUT_MASKS, ABOUT_NETWORKS, COLOURS, SEEN, evidence_caption
from fermask.faces.looks import FITS
from fermask.faces.mask_styles import MASK_STYLES, STYLES
from fermask.faces.prints import PRINTS
from fermask.photographs.prediction import MaskTrial, NetworkAnswer

Updates = dict[Any, Any]
STYLE_PICTURES = Path(__file__).with_name("styles")


def faces_picture() -> gr.HTML:
    """The photograph with its faces as buttons, in which a visitor can drag a square.

    Its events: ``select`` (``index``), ``mark`` (``x``, ``y``, ``size`` in pixels of the
    photograph) and ``clear``.
    """
    script = Path(__file__).with_name("photograph.js").read_text(encoding="utf-8")
    return gr.HTML(visible=False, elem_id="picture", js_on_load=script)


def style_choices() -> list[tuple[str, str]]:
    """Every kind of mask as a widget's choices: what it is called, and its name."""
    return [(style.label, style.name) for style in MASK_STYLES.values()]


def named(names: Iterable[str], first: str = "") -> list[tuple[str, str]]:
    """Names as a widget's choices; before them, where it is given, one that chooses none."""
    choices = [(name.capitalize(), name) for name in names]
    return [(first, ""), *choices] if first else choices


def style_pictures(folder: Path = STYLE_PICTURES) -> str:
    """A style sheet that shows a picture of each kind of mask beside its name.

    ``scripts.draw_examples`` draws them, ``NAME.jpg``; a kind without one has its name alone.
    """
    rules = []
    for name in MASK_STYLES:
        picture = folder / f"{name}.jpg"
        if picture.is_file():
            url = "data:image/jpeg;base64," + b64encode(picture.read_bytes()).decode()
            rules.append(f'#style label:has([value="{name}"]) {{ background-image: url({url}); }}')
    return "\n".join(rules)


def _choice(label: str, choices: Sequence[tuple[str, str]]) -> gr.Dropdown:
    value = choices[0][1]
    return gr.Dropdown(list(choices), value=value, label=label, filterable=False, scale=2)


class FacePanels:
    """What the network saw of the chosen face, a mask on it, and what other networks say."""

    def __init__(self, doubt: str):
        self._doubt = doubt
        with gr.Column(visible=False) as self.panels:
            with gr.Accordion("What the network saw", open=False):
                self.seen = gr.HTML(elem_id="seen")
            with gr.Accordion("Put a mask on", open=False):
                gr.Markdown(ABOUT_MASKS)
                self.style = gr.Radio(
                    style_choices(), value=STYLES[0], label="Mask", elem_id="style"
                )
                with gr.Row(equal_height=True):
                    self.colour = _choice("Colour", COLOURS)
                    self.printed = _choice("Print", named(("plain", *PRINTS), "As sold"))
                    self.fit = _choice("How it sits", named(FITS))
                    self.put_on = gr.Button("Put it on", variant="primary", elem_id="put-on")
                self.trial = gr.HTML(elem_id="trial")
            with gr.Accordion("Ask other networks", open=False):
                gr.Markdown(ABOUT_NETWORKS)
                self.ask = gr.Button("Compare networks", elem_id="compare", elem_classes=["narrow"])
                self.table = gr.HTML(elem_id="networks", elem_classes=["scrolls"])
        self.widgets = [self.panels, self.seen, self.trial, self.table]

    def shown(self, reading: Reading, chosen: int) -> Updates:
        """The panels for one face, before anything was asked.

        A mask can be put on a masked face too, for that one was seen is a guess.
        """
        face = reading.faces[chosen]
        captions = [*SEEN, evidence_caption(face.label)]
        figures = zip(draw_seen(reading, face), captions, strict=True)
        return {
            self.panels: gr.Column(visible=True),
            self.seen: html_figures([(image, caption, "") for image, caption in figures]),
            self.trial: "",
            self.table: "",
        }

    def hidden(self) -> Updates:
        """No face, no panels."""
        return {self.panels: gr.Column(visible=False)}

    def tried(self, reading: Reading, chosen: int, trial: MaskTrial) -> Updates:
        """The face without and with the mask, and both answers."""
        face = reading.faces[chosen]
        before, after = draw_trial(reading, face, trial)
        verdicts = [html_verdict(each, self._doubt) for each in (face, trial.prediction)]
        figures = [(before, "As it is", verdicts[0]), (after, "With the mask", verdicts[1])]
        return {self.trial: html_figures(figures)}

    def answered(self, answers: list[NetworkAnswer]) -> Updates:
        """Every network's answer."""
        return {self.table: html_networks(answers)}
