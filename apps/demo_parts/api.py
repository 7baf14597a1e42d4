"""What programs ask: ``/predict`` and ``/mask``, with the JSON of ``fermask predict``."""

from typing import Any

import gradio as gr
import numpy as np

from apps.demo_parts.inputs import PhotographInput
from apps.demo_parts.limits import Workers
from apps.demo_parts.words import NO_FACE
from fermask.faces.mask_styles import MASK_STYLES, STYLES
from fermask.networks.inference import Network
from fermask.photographs.overlays import parse_colour
from fermask.photographs.photograph import read_photograph
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
            answer = gr.JSON(label="answer")
            masked = gr.Image(label="masked", format="png")
            gr.Button().click(workers.limited(self.predict), photograph, answer, api_name="predict")
            gr.Button().click(
                workers.limited(self.mask),
                [photograph, face, style, colour],
                [masked, answer],
                api_name="mask",
            )

    def predict(self, photograph: bytes | None) -> dict[str, Any]:
        """Every face of a photograph: its box, probabilities by class, mask, sure or not.

        Returns an object with ``faces``, largest first; each has ``box`` (x, y, width, height in
        pixels of the upright picture), ``probabilities`` (0…1), ``mask`` and ``sure`` (whether
        the likeliest class is as probable as the network's threshold asks).
        """
        return as_record("photograph", predict(_read(photograph), self._network))

    def mask(
        self, photograph: bytes | None, face: int | None, style: str, colour: str = ""
    ) -> tuple[np.ndarray, dict[str, Any]]:
        """Puts a mask on one face of a photograph and asks the network again.

        ``face`` counts from 0, largest first; ``style`` is the kind of mask; ``colour`` is such
        as #a5d7e1, or empty for one that such masks are sold in. Returns the photograph with the
        mask, and ``before``, ``after`` (each as ``/predict`` gives a face),
        ``landmarks`` (68 pairs x, y) and ``problems``.
        """
        image_rgb = _read(photograph)
        found = predict(image_rgb, self._network)
        if not found:
            raise ValueError(NO_FACE)
        if face is None or not 0 <= face < len(found):
            raise ValueError(f"Expected a face in 0…{len(found) - 1}, received {face}.")
        rgb = parse_colour(colour) if colour else None
        trial = try_mask(image_rgb, found[face], style, model=self._network, colour_rgb=rgb)
        return trial.image_rgb, {
            "before": as_record("", [found[face]])["faces"][0],
            "after": as_record("", [trial.prediction])["faces"][0],
            "landmarks": trial.points_xy.round(2).tolist(),
            "problems": list(trial.problems),
        }


def _read(data: bytes | None) -> np.ndarray:
    if data is None:
        raise ValueError("Expected a photograph, received none.")
    return read_photograph(data)
