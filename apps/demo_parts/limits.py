"""What keeps the server answering: a limit on each request's time and on its size."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import wraps
from typing import Any

import gradio as gr

from apps.demo_parts.words import TOO_LONG

# Of an upload, which may hold several files, and of any other request, bytes.
MOST_UPLOADED = 200_000_000
MOST_ASKED = 16_000_000


class Workers:
    """A few threads that do the requests' work, each request with so many seconds.

    A visitor whose time is over gets an answer at once. Work that has not begun is dropped;
    work that has begun cannot be killed in Python, but ends soon, since the picture's size is
    limited, and until then it takes one of the threads, so that no more than these ever run.
    """

    def __init__(self, threads: int, seconds: float):
        self._seconds = seconds
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="work")

    def limited(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function as a coroutine with these limits.

        ValueErrors, sentences of the library, and the end of the time become ``gr.Error``.
        """

        @wraps(function)
        async def answer(*arguments: Any) -> Any:
            # Gradio keeps in a context variable whom a warning is for.
            work = self._pool.submit(copy_context().run, function, *arguments)
            try:
                return await asyncio.wait_for(asyncio.wrap_future(work), self._seconds)
            except TimeoutError as error:
                raise gr.Error(TOO_LONG, print_exception=False) from error
            except ValueError as error:
                raise gr.Error(str(error), print_exception=False) from error

        return answer


class SizeLimit:
    """ASGI middleware that refuses large requests before they are read.

    Gradio limits each uploaded file, but neither their number nor the size of a JSON request.
    """

    def __init__(self, app: Callable[..., Any]):
        self._app = app

    async def __call__(self, scope: dict[str, Any], receive: Callable, send: Callable) -> None:
        """Passes the request on, or answers 413 (411 where it does not say how large it is)."""
        if scope["type"] != "http" or scope["method"] not in ("POST", "PUT", "PATCH"):
            return await self._app(scope, receive, send)
        most = MOST_UPLOADED if scope["path"].endswith("/upload") else MOST_ASKED
        stated = dict(scope["headers"]).get(b"content-length", b"")
        if stated.isdigit() and int(stated) <= most:
            return await self._app(scope, receive, send)
        status = 413 if stated.isdigit() else 411
        sentence = f"Expected a request of at most {most // 1_000_000} MB that states its length."
        headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"connection", b"close")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": sentence.encode()})
