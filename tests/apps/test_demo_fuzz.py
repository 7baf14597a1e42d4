"""A thousand hostile uploads: each gets an answer or a sentence, and the server goes on."""

import asyncio

import httpx
import pytest
import skimage.data
from PIL import Image

from scripts.bench.demo import ask
from tests.apps.browser import SECONDS, free_port, running_app
from tests.apps.uploads import fuzzed_uploads
from tests.pictures import encoded

pytestmark = pytest.mark.slow


async def _answers(url, count, at_once=4):
    turns, answers = asyncio.Semaphore(at_once), []
    async with httpx.AsyncClient(base_url=url, timeout=SECONDS) as client:

        async def send(name, data):
            async with turns:
                try:
                    answers.append((name, data, await ask(client, name, data)))
                except ValueError as error:
                    answers.append((name, data, str(error)))

        await asyncio.gather(*(send(name, data) for name, data in fuzzed_uploads(count)))
    return answers


def test_a_thousand_fuzzed_uploads_get_a_sentence_and_leave_the_server_answering():
    port = free_port()
    environment = {"GRADIO_SERVER_PORT": str(port)}
    url = f"http://127.0.0.1:{port}/"
    with running_app(["apps/demo.py"], url, environment):
        answers = asyncio.run(_answers(url, 1000))
        astronaut = encoded(Image.fromarray(skimage.data.astronaut()), "JPEG")
        last = asyncio.run(_one(url, astronaut))
    assert len(last["faces"]) == 1
    assert len(answers) == 1000
    for name, data, answer in answers:
        if isinstance(answer, dict):
            assert "faces" in answer
        else:
            said = ("The picture: ", "File size exceeded", "expected", "Expected")
            assert any(part in answer for part in said), (name, data[:20], answer)
            assert "Traceback" not in answer


async def _one(url, data):
    async with httpx.AsyncClient(base_url=url, timeout=SECONDS) as client:
        return await ask(client, "astronaut.jpg", data)
