"""The paper's six figures, drawn from what runs, and pictures to take away.

Each ``draw_`` function gives one figure as an SVG document with a ground of its own, so that it
can be read on light and on dark pages.
"""

from pathlib import Path

from fermask.reporting.figures.confusion import (
    cell_texts,
    draw_confusion,
    draw_confusions,
    split_confusions,
)
from fermask.reporting.figures.contact_sheet import MOST_FACES, Tile, contact_sheet
from fermask.reporting.figures.convolutions import EXAMPLE_CHANNELS, draw_convolutions
from fermask.reporting.figures.faces import draw_face_masks, draw_landmark_pair
from fermask.reporting.figures.network import Block, draw_network, network_blocks
from fermask.reporting.figures.paper import CAPTIONS
from fermask.reporting.figures.pipeline import Step, draw_pipeline, pipeline_steps
from fermask.reporting.figures.png import figure_png
from fermask.system.paths import FIGURES

__all__ = [
    "CAPTIONS",
    "EXAMPLE_CHANNELS",
    "MOST_FACES",
    "Block",
    "Step",
    "Tile",
    "cell_texts",
    "contact_sheet",
    "draw_confusion",
    "draw_confusions",
    "draw_convolutions",
    "draw_face_masks",
    "draw_landmark_pair",
    "draw_network",
    "draw_pipeline",
    "figure_png",
    "network_blocks",
    "pipeline_steps",
    "split_confusions",
    "stored_figure",
]


def stored_figure(number: int) -> Path:
    """Where the project keeps one of the six figures as SVG."""
    return FIGURES / f"figure_{number}.svg"
