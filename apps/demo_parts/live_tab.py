"""The third tab: the camera's picture, read as often as the machine can."""

from pathlib import Path
from typing import Any

import gradio as gr

from apps.demo_parts.decoding import decode
from apps.demo_parts.html import html_boxes, html_live, html_said, html_verdict
from apps.demo_parts.inputs import decode_frame
from apps.demo_parts.limits import Workers
from fermask.networks.inference import Network
from fermask.photographs.detection import LIVE, detect_faces
from fermask.photographs.prediction import predict_faces

LONGEST_SIDE = 640


class LiveTab:
    """The camera with its faces framed, and what is said of the largest."""

    def __init__(self, network: Network, workers: Workers):
        def read_frame(frame: Any) -> dict[str, str]:
            return answer_frame(frame, network)

        gr.HTML(
            html_live(),
            elem_id="live",
            js_on_load=Path(__file__).with_name("live.js").read_text(encoding="utf-8"),
            server_functions=[workers.limited(read_frame)],
        )


def answer_frame(frame: Any, network: Network) -> dict[str, str]:
    """The HTML for one frame, a ``data:`` URL of a picture.

    Returns ``faces``, to be laid over the frame, and ``said``: the answer for the largest face, or
    a sentence.
    """
    try:
        image_rgb = decode(decode_frame(frame), LONGEST_SIDE).image_rgb
    except ValueError as error:
        return {"faces": "", "said": html_said(str(error), trouble=True)}
    found = predict_faces(image_rgb, detect_faces(image_rgb, LIVE), network)
    said = html_verdict(found[0], "", limits=True) if found else html_said("No face in this frame.")
    return {"faces": html_boxes(found, image_rgb.shape[1::-1]), "said": said}
