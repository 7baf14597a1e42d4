"""Twenty slow clients neither hinder other visitors of the two apps nor keep their connections."""

import socket
import time
import urllib.request
from contextlib import contextmanager

import pytest
from websockets.sync.client import connect

from tests.apps.browser import SECONDS, free_port, running_app

# The apps with as little patience as a test has.
IMPATIENT = """
import runpy, sys
sys.path.insert(0, "core")
from fermask.system import slow_clients
slow_clients.SECONDS = 2.0
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""
HEADER = b"POST /upload HTTP/1.1\r\nHost: here\r\nContent-Type: multipart/form-data; boundary=x\r\n"
STARTS = (
    *(b"", b"G", b"GET / HTTP/1.1\r\nHost: here\r\n", HEADER),
    HEADER + b"Content-Length: 100000\r\n\r\n--x\r\n",
)


@contextmanager
def demo():
    port = free_port()
    url = f"http://127.0.0.1:{port}/"
    with running_app(["-c", IMPATIENT, "apps/demo.py", "--port", str(port)], url):
        yield port, url


@contextmanager
def explorer():
    port = free_port()
    url = f"http://127.0.0.1:{port}/"
    given = ["--server.headless=true", f"--server.port={port}"]
    with running_app(["-c", IMPATIENT, "apps/hosted_explorer.py", *given], f"{url}_stcore/health"):
        yield port, url


@pytest.mark.parametrize("app", [demo, explorer])
def test_slow_clients_lose_their_connections_and_others_are_served(app):
    with app() as (port, url):
        slow = [socket.create_connection(("127.0.0.1", port), timeout=SECONDS) for _ in range(20)]
        for number, client in enumerate(slow):
            client.sendall(STARTS[number % len(STARTS)])
        # Who looks at the explorer says nothing for long.
        visitor = app is explorer and connect(f"ws://127.0.0.1:{port}/_stcore/stream")
        ends = time.monotonic() + 6
        while time.monotonic() < ends:
            with urllib.request.urlopen(url, timeout=SECONDS) as page:
                assert page.status == 200
            time.sleep(0.5)
        for client in slow:
            with client:
                try:
                    # What has no length may be refused at once; then the connection ends too.
                    while client.recv(1 << 16):
                        pass
                except ConnectionResetError:
                    pass
        if visitor:
            with visitor:
                assert visitor.ping().wait(SECONDS)
