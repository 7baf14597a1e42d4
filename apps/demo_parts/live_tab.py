"""The third tab: the camera's picture, read several times a second."""

import time

import cv2
import gradio as gr

from apps.demo_parts.html import html_bars, html_caption, html_frame, html_said
from apps.demo_parts.inputs import PhotographInput
from fermask.networks.inference import Network
from fermask.photographs.detection import DetectionSettings, detect_faces
from fermask.photographs.overlays import draw_boxes, limit_size
from fermask.photographs.photograph import read_photograph
from fermask.photographs.prediction import predict_faces
from fermask.photographs.records import face_caption

# One look, in which a face at arm's length is well seen. A false box goes with the next frame.
SETTINGS = DetectionSettings(view_sides=(256,), detail_side=0, looks=1)
LONGEST_SIDE = 640
# Seconds between two frames, and for which one visitor's camera is watched.
EVERY, FOR = 0.2, 60
_START = (
    "Allow the camera, then press Record. It is watched for a minute; press again to go on. "
    "Nothing of it is kept."
)


class LiveTab:
    """Widgets, and a handler that answers one frame."""

    def __init__(self, network: Network):
        self._network = network
        with gr.Row(equal_height=False):
            with gr.Column(scale=2, min_width=300):
                self.camera = PhotographInput(
                    label="Camera",
                    sources=["webcam"],
                    streaming=True,
                    webcam_options=gr.WebcamOptions(
                        constraints={"video": {"width": {"ideal": 640}, "height": {"ideal": 480}}}
                    ),
                    format="jpeg",
                    height=340,
                    elem_id="camera",
                )
                gr.HTML(html_caption(_START))
            with gr.Column(scale=3, min_width=300):
                self.seen = gr.HTML(html_said("Faces in front of the camera appear here."))
                self.seen.elem_id = "live"
        self.camera.stream(
            self.answer,
            self.camera,
            self.seen,
            stream_every=EVERY,
            time_limit=FOR,
            concurrency_limit=2,
            concurrency_id="live",
            show_progress="hidden",
            api_visibility="private",
        )

    def answer(self, data: bytes | None) -> str:
        """One frame's HTML."""
        return html_of_frame(data, self._network)


def html_of_frame(data: bytes | None, network: Network) -> str:
    """A frame with its faces framed, and the bars of the largest; a sentence where it is none."""
    if data is None:
        return html_said("The camera sends no picture.")
    start = time.perf_counter()
    try:
        image_rgb = limit_size(read_photograph(data), LONGEST_SIDE)
    except ValueError as error:
        return html_said(str(error), trouble=True)
    found = predict_faces(image_rgb, detect_faces(image_rgb, SETTINGS), network)
    captions = [face_caption(i + 1, each) for i, each in enumerate(found)]
    drawn = draw_boxes(image_rgb, [each.box_xywh for each in found], captions)
    _, jpeg = cv2.imencode(".jpg", drawn[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 80])
    took = f"{1000 * (time.perf_counter() - start):.0f} ms for this frame."
    said = ", ".join(captions) or "No face in this frame"
    bars = html_bars(found[0].probabilities) if found else ""
    return f"{html_frame(jpeg.tobytes(), said)}{bars}{html_caption(f'{said}. {took}')}"
