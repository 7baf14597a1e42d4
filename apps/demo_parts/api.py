"""What programs ask: ``/predict`` and ``/mask``, with the JSON of ``fermask predict``."""

from typing import Any

import gradio as gr
import numpy as np

from apps.demo_parts.decoding import decode
from apps.demo_parts.inputs import PhotographInput
from apps.demo_parts.limits import Workers
from apps.demo_parts.words import NO_FACE
from fermask.faces.looks import FITS
from fermask.faces.mask_styles import MASK_STYLES, STYLES
from fermask.faces.prints import PRINTS
from fermask.networks.inference import Network
from fermask.photographs.overlays import parse_colour
from fermask.photographs.photograph import Photograph
from fermask.photographs.prediction import predict, try_mask
from fermask.photographs.records import as_record


class Endpoints:
    """The two endpoints. Their widgets are never shown: they give the inputs their types."""

    def __init__(self, network: Network, workers: Workers):
        self._network = network
        with gr.Column(visible=False):
            photograph = PhotographInput(label="photograph")
            face = gr.Number(0, precision=0, label="face")
            style = gr.Dropdown(list(MASK_STYLES), value=STYLES[0], label="style")
            colour = gr.Textbox("", label="colour")
            fit = gr.Dropdown(list(FITS), value="well", label="fit")
            printed = gr.Dropdown(["", "plain", *PRINTS], value="", label="printed")
            answer = gr.JSON(label="answer")
            masked = gr.Image(label="masked", format="png")
            gr.Button().click(workers.limited(self.predict), photograph, answer, api_name="predict")
            gr.Button().click(
                workers.limited(self.mask),
                [photograph, face, style, colour, fit, printed],
                [masked, answer],
                api_name="mask",
            )

    def predict(self, photograph: bytes | None) -> dict[str, Any]:
        """Every face of a photograph: its box, probabilities by class, mask, sure or not.

        Returns an object with ``faces``, largest first; each has ``box`` (x, y, width, height in
        pixels of the upright picture), ``probabilities`` (0…1), ``label`` (the likeliest class),
        ``sure`` (whether it is as probable as the network's threshold asks), ``other`` (the share
        of happy, fear, disgust and contempt), ``smile`` (happy's share), ``mask`` and
        ``nose_covered`` (each null where that is unsure or unknown).
        """
        read = _read(photograph)
        return as_record("photograph", predict(read, self._network), read.warning)

    def mask(
        self,
        photograph: bytes | None,
        face: int | None,
        style: str,
        colour: str = "",
        fit: str = "well",
        printed: str = "",
    ) -> tuple[np.ndarray, dict[str, Any]]:
        """Puts a mask on one face of a photograph and asks the network again.

        ``face`` counts from 0, largest first; ``style`` is the kind of mask; ``colour`` is such
        as #a5d7e1, or empty for one that such masks are sold in; ``fit`` is how it sits;
        ``printed`` is on it, or empty for what such masks are sold with. Returns the photograph
        with the mask, and ``before``, ``after`` (each as ``/predict`` gives a face),
        ``landmarks`` (68 pairs x, y) and ``problems``.
        """
        image_rgb = _read(photograph).image_rgb
        found = predict(image_rgb, self._network)
        if not found:
            raise ValueError(NO_FACE)
        if face is None or not 0 <= face < len(found):
            raise ValueError(f"Expected a face in 0…{len(found) - 1}, received {face}.")
        if style not in list(MASK_STYLES):
            raise ValueError(f"Expected a style of {', '.join(MASK_STYLES)}, received {style!r}.")
        rgb = parse_colour(colour) if colour else None
        trial = try_mask(
            image_rgb,
            found[face],
            style,
            model=self._network,
            colour_rgb=rgb,
            fit=fit,
            printed=printed or None,
        )
        return trial.image_rgb, {
            "before": as_record("", [found[face]])["faces"][0],
            "after": as_record("", [trial.prediction])["faces"][0],
            "landmarks": trial.points_xy.round(2).tolist(),
            "problems": list(trial.problems),
        }


def _read(data: bytes | None) -> Photograph:
    if data is None:
        raise ValueError("Expected a photograph, received none.")
    return decode(data)
