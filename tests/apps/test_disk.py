"""What of its visitors lies on the demo's disk, and for how long: as its page says."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager

import httpx
import pytest
import skimage.data
from PIL import Image

from scripts.bench.demo import ask
from tests.apps.browser import ROOT, SECONDS, free_port
from tests.pictures import encoded

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="reads /proc"),
]

# In place of ten minutes.
KEPT_FOR = 20
DEMO = f"""
import runpy, sys
sys.path[:0] = [".", "core"]
import apps.demo_parts
apps.demo_parts.KEPT_FOR = {KEPT_FOR}
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""
HALF = (
    b"POST /gradio_api/upload HTTP/1.1\r\nHost: here\r\nContent-Length: 9000000\r\n"
    b"Content-Type: multipart/form-data; boundary=x\r\n\r\n--x\r\nContent-Disposition: form-data; "
    b'name="files"; filename="half.jpg"\r\n\r\n' + bytes(3_000_000)
)


@contextmanager
def demo(disk):
    """A running demo whose temporary files and home are on ``disk``, as a process and a port."""
    port = free_port()
    environment = os.environ | {"TMPDIR": str(disk / "tmp"), "HOME": str(disk / "home")}
    command = [sys.executable, "-c", DEMO, "apps/demo.py", "--port", str(port)]
    with subprocess.Popen(command, cwd=ROOT, env=environment) as process:
        try:
            ends = time.monotonic() + SECONDS
            while not answers(port):
                assert process.poll() is None
                assert time.monotonic() < ends
                time.sleep(0.2)
            yield process, port
        finally:
            process.terminate()


def answers(port):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5):
            return True
    except OSError:
        return False


def files(place):
    return [path for path in place.rglob("*") if not path.is_dir()]


def held_open(process, place):
    """Files that are deleted, and that the process still keeps."""
    links = [os.readlink(link) for link in os.scandir(f"/proc/{process.pid}/fd")]
    return [link for link in links if link.startswith(str(place)) and "(deleted)" in link]


async def visit(port):
    """A photograph, what is none, a wrong field, and an upload that breaks off."""
    photograph = encoded(Image.fromarray(skimage.data.astronaut()), "JPEG")
    url = f"http://127.0.0.1:{port}/"
    async with httpx.AsyncClient(base_url=url, timeout=SECONDS) as client:
        assert (await ask(client, "photograph.jpg", photograph))["faces"]
        with pytest.raises(ValueError, match="picture"):
            await ask(client, "none.jpg", b"no picture" * 1000)
        wrong = {"other": ("photograph.jpg", photograph)}
        assert (await client.post("gradio_api/upload", files=wrong)).status_code >= 200
    with socket.create_connection(("127.0.0.1", port), timeout=SECONDS) as client:
        client.sendall(HALF)
        time.sleep(1)


def test_what_visitors_leave_lies_in_one_folder_for_its_time_and_outlives_no_process(tmp_path):
    place, home = tmp_path / "tmp", tmp_path / "home"
    for folder in (place, home):
        folder.mkdir()
    with demo(tmp_path) as (process, port):
        asyncio.run(visit(port))
        assert files(place), "a visit leaves its photograph for a while"
        (folder,) = place.iterdir()
        ends = time.monotonic() + SECONDS
        while (left := files(place)) and time.monotonic() < ends:
            time.sleep(0.5)
        assert left == []
        assert held_open(process, tmp_path) == []
        asyncio.run(visit(port))
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert files(folder)
    with demo(tmp_path) as (process, port):
        assert not folder.exists()
        asyncio.run(visit(port))
    assert process.returncode == 0
    assert list(place.iterdir()) == []
    assert files(home) == []
