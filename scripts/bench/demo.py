"""The running demo: from its start to an answer, and many users at once."""

import asyncio
import json
import time
from collections.abc import Sequence
from typing import Any

import cv2
import httpx
import numpy as np
import skimage.data

from fermask.dataset.face_quality import Progress
from scripts.bench.timing import Run, row, take_turns
from scripts.running import free_port, running_app


def measure(
    rounds: int, progress: Progress, users: int = 64, seconds: float = 60
) -> list[dict[str, Any]]:
    """Rows on starts, on single answers, and on users who each ask again as soon as answered.

    Args:
        rounds: that count, of starts and of single answers.
        progress: called with the rounds.
        users: at once.
        seconds: for which they ask.

    Raises:
        ValueError: the demo said why it has no answer, or found no face.
        httpx.HTTPError: it did not answer.
    """
    photograph = _photograph()
    starts = take_turns({"": lambda: _start(photograph)}, rounds, progress)[""]
    with _demo() as url:
        single = take_turns({"": lambda: asyncio.run(_use(url, photograph))}, rounds, progress)[""]
        took = asyncio.run(_use(url, photograph, users, seconds))
    median, p95 = ([Run(float(each))] for each in np.percentile(took, [50, 95]))
    many = f"{users} users at once, {len(took):,} answers"
    return [
        row("start to the first answer", 1, starts),
        row("one photograph", 1, single),
        row(f"{many}: median", 1, median),
        row(f"{many}: 95th percentile", 1, p95),
    ]


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


def attacked(
    bombs: Sequence[bytes], users: int = 64, seconds: float = 60, rounds: int = 1, slow: int = 20
) -> dict[str, Any]:
    """What users wait for an answer, alone and while others attack, in turns.

    Args:
        bombs: files, thrown one after the other while the users ask.
        users: at once, each of whom asks again as soon as answered.
        seconds: for which they ask in each turn.
        rounds: turns of each kind.
        slow: clients that meanwhile begin a request and never end it.

    Returns:
        These counts; ``answers`` and ``seconds`` (median and 95th percentile), each ``alone`` and
        ``attacked``; ``refused``: users who got a sentence in place of an answer; ``told``: bombs
        that got one.

    Raises:
        ValueError, httpx.HTTPError: as of ``measure``.
    """
    photograph, told = _photograph(), 0
    refused: dict[str, list[str]] = {"alone": [], "attacked": []}
    took: dict[str, list[float]] = {"alone": [], "attacked": []}

    async def attack(url: str) -> list[float]:
        nonlocal told
        held = [await _begin_slowly(url) for _ in range(slow)]
        thrown = (_throw(url, bomb, i * seconds / len(bombs)) for i, bomb in enumerate(bombs))
        using = _use(url, photograph, users, seconds, refused["attacked"])
        answers, *outcomes = await asyncio.gather(using, *thrown)
        told += sum(outcomes)
        for writer in held:
            writer.close()
        return answers

    with _demo() as url:
        asyncio.run(_use(url, photograph))
        for _ in range(rounds):
            using = _use(url, photograph, users, seconds, refused["alone"])
            took["alone"] += asyncio.run(using)
            took["attacked"] += asyncio.run(attack(url))
    return {
        **{"users": users, "bombs": rounds * len(bombs), "slow_clients": slow, "told": told},
        "refused": {name: len(each) for name, each in refused.items()},
        "answers": {name: len(each) for name, each in took.items()},
        "seconds": {name: _rounded(np.percentile(each, [50, 95])) for name, each in took.items()},
    }


async def _throw(url: str, bomb: bytes, after: float) -> bool:
    """Whether a file that is uploaded after some seconds gets a sentence."""
    await asyncio.sleep(after)
    async with httpx.AsyncClient(base_url=url, timeout=120) as client:
        try:
            await ask(client, "bomb", bomb)
        except ValueError:
            return True
        return False


async def _begin_slowly(url: str) -> asyncio.StreamWriter:
    address = httpx.URL(url)
    _, writer = await asyncio.open_connection(address.host, address.port)
    writer.write(b"POST /gradio_api/upload HTTP/1.1\r\nHost: here\r\n")
    return writer


def _rounded(values: np.ndarray) -> list[float]:
    return [round(float(each), 2) for each in values]


def _demo():
    port = free_port()
    environment = {"GRADIO_SERVER_PORT": str(port)}
    return running_app(["apps/demo.py"], f"http://127.0.0.1:{port}/", environment, seconds=120)


def _start(photograph: bytes) -> Run:
    started = time.perf_counter()
    with _demo() as url:
        asyncio.run(_use(url, photograph))
        return Run(time.perf_counter() - started)


def _photograph() -> bytes:
    """scikit-image's astronaut (public domain) as a JPEG of 640 pixels."""
    large = cv2.resize(skimage.data.astronaut(), (640, 640), interpolation=cv2.INTER_CUBIC)
    _, jpeg = cv2.imencode(".jpg", large[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 85])
    return jpeg.tobytes()


async def _use(
    url: str,
    photograph: bytes,
    users: int = 1,
    seconds: float = 0,
    refused: list[str] | None = None,
) -> list[float]:
    """Seconds of each answer, from upload to answer; every user asks at least once.

    Where there is none, the sentence goes to ``refused``, or is an error where that is None.
    """
    took, ends = [], time.monotonic() + seconds

    async def use(client: httpx.AsyncClient) -> None:
        while not took or time.monotonic() < ends:
            started = time.monotonic()
            try:
                answer = await ask(client, "photograph.jpg", photograph)
            except ValueError as error:
                if refused is None:
                    raise
                refused.append(str(error))
                continue
            if not answer["faces"]:
                raise ValueError("The demo found no face in the photograph.")
            took.append(time.monotonic() - started)

    # A server that comes late would close a kept connection while it is asked again.
    limits = httpx.Limits(max_connections=2 * users, max_keepalive_connections=0)
    async with httpx.AsyncClient(base_url=url, timeout=120, limits=limits) as client:
        await asyncio.gather(*(use(client) for _ in range(users)))
    return took
