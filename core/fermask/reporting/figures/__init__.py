"""The paper's six figures, drawn from what runs.

Each function gives one figure as an SVG document with a ground of its own, so that it can be
read on light and on dark pages.
"""

from pathlib import Path

from fermask.reporting.figures.confusion import draw_confusions, split_confusions
from fermask.reporting.figures.convolutions import EXAMPLE_CHANNELS, draw_convolutions
from fermask.reporting.figures.faces import draw_face_masks, draw_landmark_pair
from fermask.reporting.figures.network import Block, draw_network, network_blocks
from fermask.reporting.figures.paper import CAPTIONS
from fermask.reporting.figures.pipeline import Step, draw_pipeline, pipeline_steps
from fermask.system.paths import FIGURES

__all__ = [
    "CAPTIONS",
    "EXAMPLE_CHANNELS",
    "Block",
    "Step",
    "draw_confusions",
    "draw_convolutions",
    "draw_face_masks",
    "draw_landmark_pair",
    "draw_network",
    "draw_pipeline",
    "network_blocks",
    "pipeline_steps",
    "split_confusions",
    "stored_figure",
]


def stored_figure(number: int) -> Path:
    """Where the project keeps one of the six figures as SVG."""
    return FIGURES / f"figure_{number}.svg"
