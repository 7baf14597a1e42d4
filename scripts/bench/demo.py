"""The demo's part of the benchmark: from its start to an answer, and many users at once."""

import asyncio
import json
import time
from dataclasses import dataclass, field

import cv2
import httpx
import numpy as np
import skimage.data

from fermask.dataset.face_quality import Progress
from fermask.studies.performance import Spent, Timing
from scripts.running import free_port, running_app

USERS, SECONDS = 64, 60.0


@dataclass
class Load:
    """What many users met.

    ``seconds``: of each answered request, from upload to answer. ``errors``: what the others
    got instead.
    """

    seconds: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


def bench_demo(
    rounds: int, progress: Progress, users: int = USERS, seconds: float = SECONDS
) -> list[Timing]:
    """Measures the running demo on this machine's own network.

    Args:
        rounds: that count, of starts and of single answers; one start more warms the disk.
        progress: told of the starts.
        users: at once.
        seconds: for which each of them asks again as soon as answered.

    Raises:
        RuntimeError: a user got an error.
    """
    photograph, starts = _photograph(), []
    for i in range(rounds + 1):
        started = time.perf_counter()
        with _demo() as url:
            _ask_once(url, photograph)
            starts.append(time.perf_counter() - started)
            if i == rounds:
                single = [_timed_answer(url, photograph) for _ in range(rounds + 1)][1:]
                load = measure_load(url, photograph, users, seconds)
        progress("starts of the demo", i, rounds)
    if load.errors:
        raise RuntimeError(f"{len(load.errors)} users got an error, such as: {load.errors[0]}")
    median, p95 = (float(each) for each in np.percentile(load.seconds, [50, 95]))
    many = f"{users} users at once, {len(load.seconds):,} answers"
    return [
        Timing("start to the first answer", 1, tuple(map(Spent, starts[1:])), aim=5.0),
        Timing("one photograph", 1, tuple(map(Spent, single))),
        Timing(f"{many}: median", 1, (Spent(median),)),
        Timing(f"{many}: 95th percentile", 1, (Spent(p95),)),
    ]


def _demo():
    port = free_port()
    environment = {"GRADIO_SERVER_PORT": str(port)}
    return running_app(["apps/demo.py"], f"http://127.0.0.1:{port}/", environment, seconds=120)


def _photograph() -> bytes:
    """scikit-image's astronaut (public domain) as a JPEG of 640 pixels."""
    large = cv2.resize(skimage.data.astronaut(), (640, 640), interpolation=cv2.INTER_CUBIC)
    _, jpeg = cv2.imencode(".jpg", large[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 85])
    return jpeg.tobytes()


def _ask_once(url: str, photograph: bytes) -> dict:
    async def once() -> dict:
        async with httpx.AsyncClient(base_url=url, timeout=120) as client:
            return await ask(client, "photograph.jpg", photograph)

    return asyncio.run(once())


def _timed_answer(url: str, photograph: bytes) -> float:
    started = time.perf_counter()
    _ask_once(url, photograph)
    return time.perf_counter() - started


def measure_load(url: str, photograph: bytes, users: int = 64, seconds: float = 60) -> Load:
    """Lets users upload a photograph and ask ``/predict``, each again as soon as answered.

    Args:
        url: of the running demo, with a slash at the end.
        photograph: a JPEG's bytes.
        users: at the same time.
        seconds: after which nobody asks again.
    """
    return asyncio.run(_load(url, photograph, users, seconds))


async def ask(client: httpx.AsyncClient, name: str, data: bytes) -> dict:
    """Uploads a file and asks ``/predict`` about it, as any program does.

    Returns:
        The JSON answer.

    Raises:
        ValueError: the server said why it has none.
        httpx.HTTPError: it did not answer.
    """
    upload = await client.post("gradio_api/upload", files={"files": (name, data)})
    if upload.status_code != 200:
        raise ValueError(f"{upload.status_code}: {upload.text[:300]}")
    file = {"path": upload.json()[0], "orig_name": name, "meta": {"_type": "gradio.FileData"}}
    called = await client.post("gradio_api/call/predict", json={"data": [file]})
    if called.status_code != 200:
        raise ValueError(f"{called.status_code}: {called.text[:300]}")
    events = await client.get(f"gradio_api/call/predict/{called.json()['event_id']}")
    kind, _, told = events.text.strip().rpartition("\ndata: ")
    if not kind.endswith("event: complete"):
        raise ValueError(str((json.loads(told) or {}).get("error")))
    return json.loads(told)[0]


async def _load(url: str, photograph: bytes, users: int, seconds: float) -> Load:
    load, ends = Load(), time.monotonic() + seconds

    async def use(client: httpx.AsyncClient) -> None:
        while time.monotonic() < ends:
            start = time.monotonic()
            try:
                answer = await ask(client, "photograph.jpg", photograph)
                if not answer["faces"]:
                    raise ValueError("No face in the answer.")
                load.seconds.append(time.monotonic() - start)
            except (ValueError, httpx.HTTPError) as error:
                load.errors.append(f"{type(error).__name__}: {error}")

    limits = httpx.Limits(max_connections=2 * users)
    async with httpx.AsyncClient(base_url=url, timeout=120, limits=limits) as client:
        await asyncio.gather(*(use(client) for _ in range(users)))
    return load
