"""The Gradio demo: a photograph → its faces, what the network sees and says of each.

python apps/demo.py

Widgets and words; what they show is decided in ``core.prediction`` and ``core.overlays``.
"""

import os
import sys
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

# Running this file puts apps/ on the import path, and not the root.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
# Read by Gradio on import; it would else ask the network for its latest version.
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"

import gradio as gr
import numpy as np
import skimage.data

from core.inference import SHIPPED, Network, load_network
from core.labels import CLASSES
from core.landmarks import VISIBLE_27
from core.masking import STYLES
from core.overlays import (
    cut_square,
    draw_boxes,
    draw_evidence,
    draw_points,
    enlarge_pixels,
    limit_size,
)
from core.photograph import read_photograph
from core.prediction import FacePrediction, MaskTrial, as_record, predict, try_mask

MAX_FILE_SIZE = "10mb"
WAITING = 32
AT_ONCE = 2
# Seconds after which a visitor's files and results are dropped.
KEPT_FOR = 600
# A session keeps its photograph for "put a mask on"; this bounds it to about 12 MB.
LONGEST_KEPT = 2048

STYLE_NAMES = {"surgical": "Surgical", "cloth": "Cloth", "kn95": "KN95 / FFP2", "dark": "Dark"}
NO_FACE = (
    "No face was found. Try a photograph in which a face looks towards the camera, is at "
    "least a tenth of the picture wide, and is not in deep shade."
)
GONE = "This photograph is no longer kept. Add it again."
START = "Add a photograph, take one with the camera, paste one, or try the example."

THEME = gr.themes.Base(
    primary_hue=gr.themes.Color(
        c50="#eef8fa",
        c100="#d3edf1",
        c200="#a9dbe3",
        c300="#7ac8d4",
        c400="#4db6c6",
        c500="#1c91a5",
        c600="#0b7285",
        c700="#095d6d",
        c800="#084a57",
        c900="#063842",
        c950="#04252c",
    ),
    neutral_hue="zinc",
    radius_size="sm",
    font=["system-ui", "-apple-system", "Segoe UI", "Roboto", "sans-serif"],
    font_mono=["ui-monospace", "Consolas", "monospace"],
).set(
    body_background_fill="#fcfcfb",
    body_background_fill_dark="#15181c",
    block_background_fill="#ffffff",
    block_background_fill_dark="#1b1f24",
    body_text_color_subdued="#5c636d",
    body_text_color_subdued_dark="#a3abb5",
    block_border_color="#d9dcdf",
    block_border_color_dark="#363c44",
    button_primary_background_fill="*primary_600",
    button_primary_background_fill_hover="*primary_700",
    button_primary_background_fill_dark="*primary_600",
    button_primary_text_color="white",
)

CSS = """
.gradio-container { max-width: 1080px !important; margin: 0 auto !important; }
footer .divider { display: none; }
.ferm h1 { font-size: 1.75rem; line-height: 1.2; margin: .4rem 0 .5rem; font-weight: 650; }
.ferm h2 { font-size: 1.1rem; margin: .9rem 0 .15rem; font-weight: 600; }
.ferm p { margin: 0 0 .35rem; max-width: 46rem; line-height: 1.5; }
.ferm .quiet { color: var(--body-text-color-subdued); font-size: .9rem; }
.ferm .said { padding: .55rem .8rem; border-left: 3px solid var(--primary-600);
  background: var(--background-fill-secondary); }
.ferm .trouble { border-left-color: #c4513a; }
.bars { display: grid; grid-template-columns: max-content 1fr 3.2rem; gap: .5rem .7rem;
  align-items: center; }
.bars .track { height: .8rem; border-radius: 3px; overflow: hidden;
  background: var(--border-color-primary); }
.bars .fill { height: 100%; }
.bars .share { text-align: right; font-variant-numeric: tabular-nums; }
.bars .top { font-weight: 650; }
.ferm .verdict { font-size: 1.15rem; margin-bottom: .8rem; }
.ferm .doubt { margin-top: .8rem; }
.ferm .badge { display: inline-block; padding: .1rem .55rem; border-radius: 999px;
  border: 1px solid var(--border-color-primary); font-size: .85rem; margin-left: .4rem; }
.pixels img { image-rendering: pixelated; }
"""

# The explorer's colours, in class order.
_COLOURS = ("#8a93a3", "#2f7fc1", "#e0a526", "#c4513a")


class PhotographInput(gr.Image):
    """Gradio's picture input, which hands on the uploaded file as it is.

    ``gr.Image`` opens every file itself, before any limit on its pixels and with a traceback
    where it cannot; ``core.photograph`` does it with sentences.
    """

    # Gradio's word for "the page shows the parent class".
    is_template = True

    def preprocess(self, payload: Any) -> bytes | None:
        """The bytes of the uploaded file, or None."""
        if payload is None or not payload.path:
            return None
        return Path(payload.path).read_bytes()


@dataclass(frozen=True, eq=False)
class Reading:
    """What a session keeps: a photograph, uint8 ``(h, w, 3)``, and its faces."""

    image_rgb: np.ndarray
    predictions: list[FacePrediction]


def how_good(record: dict[str, Any]) -> str:
    """One sentence on the shipped network's accuracy, read from the record beside it."""
    result, settings = record.get("result", {}), record.get("settings", {})
    if not {"accuracy", "n"} <= result.keys():
        return "How often it is right has not been recorded for these weights."
    chance = "chance is 25%"
    if "measured" in result:
        return (
            f"Networks trained like it name the right one of four for {result['accuracy']:.1%} of "
            f"{result['n']:,} faces with drawn masks, each held back from the network that names "
            f"it ({result['measured']}); {chance}."
        )
    protocol = f"protocol {settings.get('protocol', 'unknown')}, seed {settings.get('seed', '?')}"
    return (
        f"On {result['n']:,} validation faces with drawn masks, which it was not trained on, it "
        f"names the right one of four for {result['accuracy']:.1%} ({protocol}); {chance}."
    )


def how_sure(record: dict[str, Any]) -> str:
    """One sentence from a network's record on its "not sure"; "" where it is always sure."""
    below, sure = record.get("not_sure_below", 0.0), record.get("sure", {})
    if below == 0:
        return ""
    above, rest = sure.get("accuracy"), sure.get("rest")
    if above is None or rest is None:
        return f"No expression reaches the {below:.0%} from which this network's answers count."
    return (
        f"Under {below:.0%}, networks of this recipe were right for {rest['value']:.0%} of "
        f"{rest['n']:,} held-back faces; from there on for {above['value']:.0%} of {above['n']:,}."
    )


def html_bars(probabilities: np.ndarray) -> str:
    """Four probabilities, ``(4,)``, as bars in class order."""
    top = int(np.argmax(probabilities))
    rows = []
    for i, (name, share) in enumerate(zip(CLASSES, probabilities, strict=True)):
        weight = " top" if i == top else ""
        rows.append(
            f'<div class="name{weight}">{name}</div>'
            f'<div class="track"><div class="fill" style="width:{share:.1%};'
            f'background:{_COLOURS[i]}"></div></div>'
            f'<div class="share{weight}">{share:.1%}</div>'
        )
    return f'<div class="bars">{"".join(rows)}</div>'


def html_verdict(prediction: FacePrediction, doubt: str, title: str = "") -> str:
    """The likeliest class, or "Not sure" and why; whether a mask was seen, and the bars."""
    seen = "mask seen" if prediction.mask else "no mask"
    share = prediction.probabilities[prediction.class_index]
    heading = f'<p class="quiet">{escape(title)}</p>' if title else ""
    said = f"<b>{prediction.label}</b>, {share:.0%}" if prediction.sure else "<b>Not sure</b>"
    why = "" if prediction.sure else f'<p class="quiet doubt">{escape(doubt)}</p>'
    return (
        f'<div class="ferm">{heading}<p class="verdict">{said}'
        f'<span class="badge">{seen}</span></p>{html_bars(prediction.probabilities)}{why}</div>'
    )


def html_said(sentence: str, trouble: bool = False) -> str:
    """A sentence to the visitor."""
    return (
        f'<div class="ferm"><p class="said{" trouble" if trouble else ""}" role="status">'
        f"{escape(sentence)}</p></div>"
    )


def html_caption(sentence: str) -> str:
    """A picture's caption."""
    return f'<div class="ferm"><p class="quiet">{escape(sentence)}</p></div>'


def face_image(label: str, elem_id: str, elem_classes: list[str] | None = None) -> gr.Image:
    """A square picture of a face, to look at only."""
    return gr.Image(
        label=label,
        show_label=False,
        interactive=False,
        format="png",
        height=300,
        buttons=[],
        elem_id=elem_id,
        elem_classes=elem_classes,
    )


def face_name(number: int, prediction: FacePrediction) -> str:
    """A face's caption, counted from 1."""
    share = prediction.probabilities[prediction.class_index]
    said = f"{prediction.label} {share:.0%}" if prediction.sure else "not sure"
    return f"{number}: {said}{', mask' if prediction.mask else ''}"


def show_photograph(reading: Reading, chosen: int) -> np.ndarray:
    """The photograph with its faces framed."""
    faces = reading.predictions
    captions = [face_name(i + 1, each) for i, each in enumerate(faces)]
    return draw_boxes(reading.image_rgb, [f.box_xywh for f in faces], captions, chosen)


def show_trial(before: Reading, chosen: int, trial: MaskTrial) -> tuple[np.ndarray, np.ndarray]:
    """The face without and with the mask; on the latter the 27 landmarks that stay visible."""
    square = before.predictions[chosen].square_xywh
    bare, _ = cut_square(before.image_rgb, square, 360)
    masked, to_square = cut_square(trial.image_rgb, square, 360)
    points_xy = trial.points_xy[list(VISIBLE_27)] @ to_square[:, :2].T + to_square[:, 2]
    return bare, draw_points(masked, points_xy)


def read_upload(data: bytes | None) -> np.ndarray:
    """The uploaded photograph, or a ValueError with a sentence."""
    if data is None:
        raise ValueError("Expected a photograph, received none.")
    return read_photograph(data)


def build_demo(network: Network) -> gr.Blocks:
    """The page, around a network already loaded."""
    doubt = how_sure(network.record)
    with gr.Blocks(
        title="FERM: expressions above a mask",
        analytics_enabled=False,
        delete_cache=(KEPT_FOR, KEPT_FOR),
        fill_width=True,
    ) as demo:
        gr.HTML(
            '<div class="ferm"><h1>What does a face say above its mask?</h1>'
            "<p>A small network tells four expressions apart (neutral, sad, surprise, angry) "
            "although a mask hides mouth and nose. "
            f"{escape(how_good(network.record))}</p></div>"
        )
        reading = gr.State(None, time_to_live=KEPT_FOR)
        with gr.Row(equal_height=False):
            with gr.Column(scale=2, min_width=300):
                photograph = PhotographInput(
                    label="Photograph",
                    sources=["upload", "webcam", "clipboard"],
                    format="png",
                    height=340,
                    elem_id="photograph",
                )
                example = gr.Button("Try the example photograph", size="sm", elem_id="example")
            with gr.Column(scale=3, min_width=300):
                said = gr.HTML(html_said(START), elem_id="said")
                boxes = gr.Image(
                    label="Faces found",
                    show_label=False,
                    visible=False,
                    interactive=False,
                    format="png",
                    height=400,
                    buttons=["fullscreen"],
                    elem_id="boxes",
                )
                faces = gr.Radio(label="Which face", visible=False, elem_id="faces")
        with gr.Column(visible=False) as face_panel:
            gr.HTML('<div class="ferm"><h2>This face</h2></div>')
            with gr.Row(equal_height=False):
                with gr.Column(min_width=280):
                    verdict = gr.HTML(elem_id="verdict", padding=True)
                with gr.Column(min_width=220):
                    seen = face_image("What the network saw", "seen", ["pixels"])
                    gr.HTML(html_caption("What the network saw: 48 × 48 grey pixels."))
                with gr.Column(min_width=220):
                    evidence = face_image("Evidence", "evidence")
                    evidence_said = gr.HTML()
        with gr.Column(visible=False) as mask_panel:
            gr.HTML(
                '<div class="ferm"><h2>Put a mask on</h2><p class="quiet">The network learned '
                "mostly from masked faces, so a bare mouth can mislead it. Here is the same face "
                "again, under a drawn mask; the dots are the 27 of 68 landmarks that it leaves "
                "visible.</p></div>"
            )
            with gr.Row(equal_height=True):
                style = gr.Radio(
                    [(STYLE_NAMES[name], name) for name in STYLES],
                    value=STYLES[0],
                    label="Mask",
                    scale=3,
                    elem_id="style",
                )
                put_on = gr.Button("Put it on", variant="primary", scale=1, elem_id="put-on")
            with gr.Row(visible=False, equal_height=False) as trial_row:
                with gr.Column(min_width=280):
                    before_image = face_image("Without a mask", "before-image")
                    before_said = gr.HTML(elem_id="before", padding=True)
                with gr.Column(min_width=280):
                    after_image = face_image("With a mask", "after-image")
                    after_said = gr.HTML(elem_id="after", padding=True)
        gr.HTML(
            '<div class="ferm"><h2>Before you rely on it</h2><p class="quiet">It was trained on '
            "masks drawn over FER2013's faces, and the labels were given to the unmasked faces: "
            "ten people's votes on how a face looks, not how anyone feels. Do not use it to make "
            "decisions about people. Pictures stay on the computer that runs this page, and are "
            f"deleted {KEPT_FOR // 60} to {KEPT_FOR // 30} minutes after they were added.</p></div>"
        )

        everything = [reading, said, boxes, faces, face_panel, mask_panel, trial_row]

        def face_shown(kept: Reading, chosen: int) -> dict[Any, Any]:
            each = kept.predictions[chosen]
            return {
                boxes: gr.Image(show_photograph(kept, chosen), visible=True),
                verdict: html_verdict(each, doubt),
                seen: enlarge_pixels(each.crop, 8),
                evidence: draw_evidence(each.crop, each.evidence, each.class_index),
                evidence_said: html_caption(f"Orange speaks for {each.label}, blue against it."),
                face_panel: gr.Column(visible=True),
                mask_panel: gr.Column(visible=not each.mask),
                trial_row: gr.Row(visible=False),
            }

        def emptied(sentence: str, trouble: bool = False) -> dict[Any, Any]:
            return {
                reading: None,
                said: html_said(sentence, trouble),
                boxes: gr.Image(None, visible=False),
                faces: gr.Radio(choices=[], value=None, visible=False),
                face_panel: gr.Column(visible=False),
                mask_panel: gr.Column(visible=False),
                trial_row: gr.Row(visible=False),
            }

        def read(data: bytes | None) -> dict[Any, Any]:
            if data is None:
                return emptied(START)
            try:
                image_rgb = limit_size(read_upload(data), LONGEST_KEPT)
            except ValueError as error:
                gr.Warning(escape(str(error)))
                return emptied(str(error), trouble=True)
            found = predict(image_rgb, network)
            if not found:
                return emptied(NO_FACE, trouble=True) | {
                    boxes: gr.Image(limit_size(image_rgb, 1280), visible=True)
                }
            masks = sum(each.mask for each in found)
            count = "1 face" if len(found) == 1 else f"{len(found)} faces"
            worn = "no mask" if masks == 0 else "a mask" if masks == 1 else f"{masks} masks"
            names = [(face_name(i + 1, each), i) for i, each in enumerate(found)]
            return face_shown(kept := Reading(image_rgb, found), 0) | {
                reading: kept,
                said: html_said(f"{count} found, {worn} seen."),
                faces: gr.Radio(choices=names, value=0, visible=len(found) > 1),
            }

        def choose(kept: Reading | None, chosen: int | None) -> dict[Any, Any]:
            if kept is None or chosen is None:
                return {said: html_said(GONE, trouble=True)}
            return face_shown(kept, chosen)

        def mask_on(kept: Reading | None, chosen: int | None, name: str) -> dict[Any, Any]:
            if kept is None or chosen is None:
                raise gr.Error(GONE, print_exception=False)
            try:
                trial = try_mask(kept.image_rgb, kept.predictions[chosen], name, model=network)
            except ValueError as error:
                raise gr.Error(escape(str(error)), print_exception=False) from error
            if trial.problems:
                gr.Warning(f"The mask does not sit well: {' and '.join(trial.problems)}.")
            bare, masked = show_trial(kept, chosen, trial)
            return {
                before_image: bare,
                before_said: html_verdict(kept.predictions[chosen], doubt, "Without a mask"),
                after_image: masked,
                after_said: html_verdict(trial.prediction, doubt, "With the mask"),
                trial_row: gr.Row(visible=True),
            }

        def predict_api(photograph: bytes | None) -> dict[str, Any]:
            """Every face of a photograph: its box, probabilities by class, mask, sure or not.

            Returns an object with ``faces``, largest first; each has ``box`` (x, y, width,
            height in pixels of the upright picture), ``probabilities`` (0…1), ``mask`` and
            ``sure`` (whether the likeliest class is as probable as the network's threshold asks).
            """
            try:
                return as_record("photograph", predict(read_upload(photograph), network))
            except ValueError as error:
                raise gr.Error(str(error), print_exception=False) from error

        def mask_api(
            photograph: bytes | None, face: int | None, style: str
        ) -> tuple[np.ndarray, dict[str, Any]]:
            """Puts a mask on one face of a photograph and asks the network again.

            ``face`` counts from 0, largest first; ``style`` is surgical, cloth, kn95 or dark.
            Returns the photograph with the mask, and ``before``, ``after`` (each as
            ``/predict`` gives a face), ``landmarks`` (68 pairs x, y) and ``problems``.
            """
            try:
                image_rgb = read_upload(photograph)
                found = predict(image_rgb, network)
                if not found:
                    raise ValueError(NO_FACE)
                if face is None or not 0 <= face < len(found):
                    raise ValueError(f"Expected a face in 0…{len(found) - 1}, received {face}.")
                trial = try_mask(image_rgb, found[face], style, model=network)
            except ValueError as error:
                raise gr.Error(str(error), print_exception=False) from error
            return trial.image_rgb, {
                "before": as_record("", [found[face]])["faces"][0],
                "after": as_record("", [trial.prediction])["faces"][0],
                "landmarks": trial.points_xy.round(2).tolist(),
                "problems": list(trial.problems),
            }

        shown = [*everything, verdict, seen, evidence, evidence_said]
        photograph.change(read, photograph, shown, api_visibility="private")
        example.click(skimage.data.astronaut, None, photograph, api_visibility="private")
        faces.input(choose, [reading, faces], [said, *shown[2:]], api_visibility="private")
        put_on.click(
            mask_on,
            [reading, faces, style],
            [before_image, before_said, after_image, after_said, trial_row],
            api_visibility="private",
        )
        # The endpoints' own ends: never shown, there to give inputs and outputs their types.
        with gr.Column(visible=False):
            asked, number = (
                PhotographInput(label="photograph"),
                gr.Number(0, precision=0, label="face"),
            )
            kind = gr.Dropdown(list(STYLES), value=STYLES[0], label="style")
            answer, picture = gr.JSON(label="answer"), gr.Image(label="masked", format="png")
            gr.Button().click(predict_api, asked, answer, api_name="predict")
            gr.Button().click(mask_api, [asked, number, kind], [picture, answer], api_name="mask")
    return demo.queue(max_size=WAITING, default_concurrency_limit=AT_ONCE)


def main() -> None:
    """Load, then serve until interrupted; GRADIO_SERVER_NAME and _PORT say where."""
    print("Loading the face detector and the network", flush=True)
    network = load_network(SHIPPED)
    predict(skimage.data.astronaut(), network)
    build_demo(network).launch(
        theme=THEME,
        css=CSS,
        share=False,
        max_file_size=MAX_FILE_SIZE,
        state_session_capacity=100,
        footer_links=["api"],
        run_history=False,
        ssr_mode=False,
    )


if __name__ == "__main__":
    main()
