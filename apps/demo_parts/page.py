"""The page: its head, three tabs, its foot, and how it is served."""

import gradio as gr
import skimage.data
from fastapi.middleware import Middleware

from apps.demo_parts.album_tab import AlbumTab
from apps.demo_parts.api import Endpoints
from apps.demo_parts.html import html_header, html_sections
from apps.demo_parts.limits import SizeLimit, Workers
from apps.demo_parts.live_tab import LiveTab
from apps.demo_parts.photograph_tab import PhotographTab
from apps.demo_parts.theme import CSS, THEME
from apps.demo_parts.words import HOW_TRAINED, NOT_FOR, TITLE, how_good, kept_for, what_it_does
from fermask.networks.inference import Network, load_network
from fermask.photographs.photograph import MAX_BYTES
from fermask.photographs.prediction import predict, shipped_networks
from fermask.system.paths import MODELS

# Requests that wait for their turn; the next one is told that the queue is full.
WAITING = 128
AT_ONCE = 2
# Seconds for one request's work.
LONGEST = 20
# Visitors at the same time; for each Gradio keeps a copy of the page, of 0.3 MB.
SESSIONS = 250
# Seconds after which a visitor's files and results are deleted.
KEPT_FOR = 600


def load_networks() -> tuple[Network, list[Network]]:
    """The network that answers and those it is compared with, all of them warm."""
    network, *others = [load_network(path) for path in shipped_networks()]
    predict(skimage.data.astronaut(), network)
    return network, others


def build_demo(network: Network, others: list[Network]) -> gr.Blocks:
    """The page.

    Args:
        network: that answers.
        others: that it is compared with.
    """
    workers = Workers(AT_ONCE, LONGEST)
    with gr.Blocks(
        title="FERM: expressions above a mask",
        analytics_enabled=False,
        delete_cache=(KEPT_FOR, KEPT_FOR),
    ) as demo:
        gr.HTML(html_header(TITLE, [what_it_does(network), NOT_FOR]))
        with gr.Tab("Photograph"):
            PhotographTab(network, others, workers)
        with gr.Tab("Several or a ZIP"):
            AlbumTab(network)
        with gr.Tab("Live"):
            LiveTab(network)
        gr.HTML(
            html_sections(
                [
                    ("How good it is", how_good(network.record)),
                    ("What it has learned from", HOW_TRAINED),
                    ("Your pictures", kept_for(KEPT_FOR)),
                ]
            )
        )
        with gr.Accordion("Model card", open=False, elem_id="model-card"):
            gr.Markdown(_model_card())
        Endpoints(network, workers)
    return demo.queue(max_size=WAITING, default_concurrency_limit=AT_ONCE)


def serve(demo: gr.Blocks, **more) -> None:
    """Serves the page; ``more`` goes to Gradio's ``launch``."""
    demo.launch(
        theme=THEME,
        css=CSS,
        share=False,
        max_file_size=MAX_BYTES,
        state_session_capacity=SESSIONS,
        footer_links=["api"],
        run_history=False,
        ssr_mode=False,
        app_kwargs={"middleware": [Middleware(SizeLimit)]},
        **more,
    )


def _model_card() -> str:
    text = (MODELS / "README.md").read_text(encoding="utf-8")
    # What stands between the first two lines of dashes is for machines.
    return text.split("---\n", 2)[-1] if text.startswith("---\n") else text
