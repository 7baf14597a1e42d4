"""Who only holds a connection loses it; who goes on slowly, or waits for an answer, does not."""

import asyncio
import socket
import threading
import time

import pytest
import uvicorn

from fermask.system import slow_clients
from tests.apps.browser import SECONDS

# Seconds; more of them where a busy machine must not be taken for a slow client.
PATIENCE, MORE = 0.3, 1.5
HEAD = b"POST / HTTP/1.1\r\nHost: here\r\nContent-Length: 1000000\r\n"


async def application(scope, receive, send):
    """Reads all, and then answers with as much as it was asked for, after a while."""
    if scope["type"] != "http":
        return
    while (await receive()).get("more_body"):
        pass
    await asyncio.sleep(4 * PATIENCE)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": bytes(int(scope["path"][1:] or 0))})


@pytest.fixture(scope="module")
def port():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(slow_clients, "SECONDS", PATIENCE)
        patch.setattr(uvicorn.config, "HTTP_PROTOCOLS", dict(uvicorn.config.HTTP_PROTOCOLS))
        slow_clients.close_slow_clients()
        server = uvicorn.Server(uvicorn.Config(application, port=0, log_level="critical"))
        thread = threading.Thread(target=server.run)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield server.servers[0].sockets[0].getsockname()[1]
        server.should_exit = True
        thread.join()


def connected(port):
    return socket.create_connection(("127.0.0.1", port), timeout=SECONDS)


def answered(client):
    """All that comes until the server closes; what is reset is closed too."""
    said = b""
    try:
        while data := client.recv(1 << 16):
            said += data
    except ConnectionError:
        pass
    return said


def send_forever(client, data):
    while True:
        client.sendall(data)
        time.sleep(PATIENCE / 4)


@pytest.mark.parametrize("sent", [b"", b"GE", HEAD, HEAD + b"\r\n", HEAD + b"\r\nsome of it"])
def test_what_is_never_finished_is_closed(port, sent):
    with connected(port) as client:
        client.sendall(sent)
        assert answered(client) == b""


@pytest.mark.parametrize("begin", [b"GET / HTTP/1.1\r\nX: ", HEAD + b"\r\n"])
def test_a_byte_now_and_then_does_not_help(port, begin):
    with connected(port) as client:
        client.sendall(begin)
        with pytest.raises(ConnectionError):
            send_forever(client, b"x")


def test_a_second_request_is_awaited_no_longer_than_the_first(port):
    with connected(port) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: here\r\n\r\nGET")
        assert answered(client).startswith(b"HTTP/1.1 200")


def test_a_slow_upload_that_goes_on_and_a_slow_answer_are_waited_for(port, monkeypatch):
    monkeypatch.setattr(slow_clients, "SECONDS", MORE)
    with connected(port) as client:
        client.sendall(HEAD + b"Connection: close\r\n\r\n")
        for _ in range(10):
            client.sendall(bytes(100_000))
            time.sleep(MORE / 3)
        assert answered(client).startswith(b"HTTP/1.1 200")


def test_an_upload_may_not_go_on_for_ever(port, monkeypatch):
    monkeypatch.setattr(slow_clients, "MOST_TIMES", 3)
    with connected(port) as client:
        client.sendall(HEAD.replace(b"1000000", b"1000000000") + b"\r\n")
        with pytest.raises(ConnectionError):
            send_forever(client, bytes(100_000))


MANY = 20_000_000
ASKED = f"GET /{MANY} HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n".encode()


def test_an_answer_that_nobody_takes_is_dropped(port):
    with connected(port) as client:
        client.sendall(ASKED)
        time.sleep(12 * PATIENCE)
        assert len(answered(client)) < MANY


def test_an_answer_that_is_taken_slowly_is_not(port, monkeypatch):
    monkeypatch.setattr(slow_clients, "SECONDS", MORE)
    with connected(port) as client:
        client.sendall(ASKED)
        length = 0
        while data := client.recv(1_000_000):
            length += len(data)
            time.sleep(MORE / 10)
        assert length > MANY
