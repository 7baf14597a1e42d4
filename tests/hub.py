"""A stand-in of the few calls that pushing makes on the Hub, on this machine's loopback."""

import base64
import hashlib
import json
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import urlsplit

TOKEN = "hf_secretsecretsecret"


class Hub:
    """Repositories by ``spaces/USER/NAME``; ``commits``: what each commit added and deleted.

    ``refuses``: a status that creating a repository answers with, or None.
    """

    def __init__(self):
        self.repositories, self.made, self.commits, self.refuses = {}, [], [], None
        self.address = ""

    def answer(self, method, path, body):
        """A status and what is said, as JSON."""
        if (method, path) == ("POST", "/api/repos/create"):
            return self._create(json.loads(body))
        if (method, path) == ("POST", "/api/validate-yaml"):
            return 200, {"errors": [], "warnings": []}
        kind, user, name, action, *_ = [*path.removeprefix("/api/").split("/"), ""]
        files = self.repositories.get(f"{kind}/{user}/{name}")
        if files is None:
            return 404, {"error": "Repository not found"}
        if action == "tree":
            found = files.items()
            return 200, [
                {"type": "file", "path": p, "size": len(c), "oid": oid(c)} for p, c in found
            ]
        if action == "preupload":
            asked = [each["path"] for each in json.loads(body)["files"]]
            return 200, {"files": [self._mode(path, files) for path in asked]}
        if action == "commit":
            return self._commit(body, files, self._url(f"{kind}/{user}/{name}"))
        return 200, {"id": f"{user}/{name}", "sha": "0" * 40, "siblings": [], "sdk": "docker"}

    def _create(self, asked):
        if self.refuses:
            return self.refuses, {"error": "refused"}
        place = f"{asked.get('type', 'model')}s/{asked['organization']}/{asked['name']}"
        self.made.append((place, asked.get("sdk")))
        if place in self.repositories:
            return 409, {"error": "You already created this repo", "url": self._url(place)}
        self.repositories[place] = {".gitattributes": b"* text=auto\n"}
        return 200, {"url": self._url(place), "id": place}

    def _url(self, place):
        return f"{self.address}/{place.removeprefix('models/')}"

    def _mode(self, path, files):
        known = {"oid": oid(files[path])} if path in files else {}
        return {"path": path, "uploadMode": "regular", "shouldIgnore": False} | known

    def _commit(self, body, files, url):
        added, deleted = set(), set()
        for line in body.decode().splitlines():
            each = json.loads(line)
            value = each["value"]
            if each["key"] == "file":
                files[value["path"]] = base64.b64decode(value["content"])
                added.add(value["path"])
            elif each["key"] == "deletedFile":
                del files[value["path"]]
                deleted.add(value["path"])
        self.commits.append((added, deleted))
        return 200, {"commitOid": "1" * 40, "commitUrl": f"{url}/commit/1", "success": True}


def oid(content):
    """Git's name of a file's content."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


@contextmanager
def serving(hub):
    """The stand-in's address; it answers 401 to whoever does not say ``TOKEN``."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do(self):
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            if self.headers.get("authorization") == f"Bearer {TOKEN}":
                status, said = hub.answer(self.command, urlsplit(self.path).path, body)
            else:
                status, said = 401, {"error": "Invalid username or password."}
            content = json.dumps(said).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(content)))
            if isinstance(said, dict) and status == 404:
                self.send_header("x-error-code", "RepoNotFound")
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_HEAD = do

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        hub.address = f"http://127.0.0.1:{server.server_port}"
        yield hub.address
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
