"""The page: its head, three tabs, its foot, and how it is served."""

from pathlib import Path
from threading import Thread
from typing import Any

import gradio as gr
from fastapi.middleware import Middleware

from apps.demo_parts import KEPT_FOR
from apps.demo_parts.album_tab import AlbumTab
from apps.demo_parts.api import Endpoints
from apps.demo_parts.decoding import guard
from apps.demo_parts.examples import example_photographs
from apps.demo_parts.html import html_header
from apps.demo_parts.limits import SizeLimit, Workers
from apps.demo_parts.live_tab import LiveTab
from apps.demo_parts.panels import style_pictures
from apps.demo_parts.photograph_tab import PhotographTab
from apps.demo_parts.spoken_errors import SpokenBlocks
from apps.demo_parts.theme import CSS, THEME
from apps.demo_parts.words import (
    HOW_TRAINED,
    TITLE,
    how_good,
    how_worn,
    kept_for,
    what_it_does,
    which_prior,
)
from fermask.networks.inference import Network, load_network
from fermask.photographs.photograph import MAX_BYTES
from fermask.photographs.prediction import predict, shipped_networks, try_mask
from fermask.system.files import read_json
from fermask.system.kept import check_file
from fermask.system.paths import MODELS, WORN
from fermask.system.slow_clients import close_slow_clients

# Requests that wait for their turn; the next one is told that the queue is full.
WAITING = 128
AT_ONCE = 2
# Seconds for one request's work.
LONGEST = 20
# Visitors at the same time; for each Gradio keeps a copy of the page, of 0.3 MB.
SESSIONS = 250


def load_networks() -> tuple[Network, list[Network]]:
    """The network that answers and those it is compared with, all of them warm."""
    network, *others = [load_network(path) for path in shipped_networks()]
    guard()
    image_rgb, _ = example_photographs()[0]
    (face,) = predict(image_rgb, network)
    # The landmarks that masks are drawn by take seconds to load; the page need not wait for them.
    Thread(target=try_mask, args=(image_rgb, face), daemon=True).start()
    return network, others


def build_demo(network: Network, others: list[Network]) -> gr.Blocks:
    """The page.

    Args:
        network: that answers.
        others: that it is compared with.
    """
    workers = Workers(AT_ONCE, LONGEST)
    with SpokenBlocks(
        title="FERM: expressions above a mask",
        analytics_enabled=False,
        delete_cache=(KEPT_FOR, KEPT_FOR),
    ) as demo:
        script = Path(__file__).with_name("page.js").read_text(encoding="utf-8")
        gr.HTML(html_header(TITLE, what_it_does(network)), js_on_load=script)
        with gr.Tabs() as tabs:
            with gr.Tab("Photograph", id="photograph"):
                photograph = PhotographTab(network, others, workers, KEPT_FOR)
            with gr.Tab("Several or a film"):
                AlbumTab(network, photograph, tabs, workers, KEPT_FOR)
            with gr.Tab("Live"):
                LiveTab(network, Workers(AT_ONCE, LONGEST))
        with gr.Accordion("How good it is, and what becomes of your pictures", open=False):
            known = (
                f"{how_good(network.record)} {HOW_TRAINED}",
                how_worn(_worn_rates(network)),
                which_prior(network),
                kept_for(KEPT_FOR),
            )
            gr.Markdown("\n\n".join(filter(None, known)))
        with gr.Accordion("Model card", open=False, elem_id="model-card"):
            gr.Markdown(_model_card())
        Endpoints(network, workers)
    return demo.queue(max_size=WAITING, default_concurrency_limit=AT_ONCE)


def serve(demo: gr.Blocks, **more: Any) -> None:
    """Serves the page and says where; ``more`` goes to Gradio's ``launch``."""
    close_slow_clients()
    _, address, _ = demo.launch(
        quiet=True,
        prevent_thread_lock=True,
        theme=THEME,
        css=CSS + style_pictures(),
        share=False,
        max_file_size=MAX_BYTES,
        state_session_capacity=SESSIONS,
        footer_links=["api"],
        run_history=False,
        ssr_mode=False,
        app_kwargs={"middleware": [Middleware(SizeLimit)]},
        **more,
    )
    print(f"Open {address}", flush=True)
    demo.block_thread()


def _worn_rates(network: Network) -> dict[str, Any]:
    """What was measured of the network on masks that people wear; empty where nothing was."""
    return read_json(check_file(WORN))["networks"].get(network.name, {}) if WORN.is_file() else {}


def _model_card() -> str:
    text = (MODELS / "README.md").read_text(encoding="utf-8")
    # What stands between the first two lines of dashes is for machines.
    return text.split("---\n", 2)[-1] if text.startswith("---\n") else text
