"""Payloads of wrong types at every endpoint get a sentence, never null for a reason."""

import json

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.apps.browser import SECONDS, free_port, running_app

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
FILE = st.fixed_dictionaries({"path": JSON, "meta": st.just({"_type": "gradio.FileData"})})


@pytest.fixture(scope="module")
def address():
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with running_app(["apps/demo.py"], f"{url}/", {"GRADIO_SERVER_PORT": str(port)}):
        yield url


def reason(url, endpoint, data):
    """What the server says of a payload: the sentence, or the status where it took none."""
    call = f"{url}/gradio_api/call/{endpoint}"
    begun = httpx.post(call, json={"data": data}, timeout=SECONDS)
    if begun.status_code != 200:
        return f"status {begun.status_code}"
    event = httpx.get(f"{call}/{begun.json()['event_id']}", timeout=SECONDS).text
    kind, _, rest = event.partition("\n")
    return json.loads(rest.partition("data:")[2]) if "error" in kind else "answered"


@pytest.mark.parametrize("endpoint", ["predict", "mask"])
@settings(max_examples=20, suppress_health_check=list(HealthCheck))
@given(data=st.lists(JSON | FILE, max_size=5))
def test_a_wrong_payload_gets_a_sentence(address, endpoint, data):
    said = reason(address, endpoint, data)
    assert said is not None
    if isinstance(said, dict):
        assert isinstance(said["error"], str)
        assert len(said["error"]) > 10
        assert "/tmp" not in said["error"]


def test_a_wrong_payload_at_the_page_s_own_endpoints_gets_a_sentence(address):
    odd = [None, True, -1e300, "x", [1], {"a": None}, {"path": "/etc/passwd"}, "data:,x"]
    failed = 0
    for endpoint in httpx.get(f"{address}/config").json()["dependencies"]:
        for turn, value in enumerate(odd):
            data = [odd[(turn + i) % len(odd)] for i in range(len(endpoint["inputs"]))]
            session = f"{endpoint['id']}-{turn}"
            payload = {"data": data, "fn_index": endpoint["id"], "event_data": value}
            answer = httpx.post(
                f"{address}/gradio_api/queue/join",
                json=payload | {"session_hash": session},
                timeout=SECONDS,
            )
            if answer.status_code != 200:
                continue
            output = outcome(address, session)
            if "error" in output:
                failed += 1
                assert isinstance(output["error"], str), (endpoint["id"], data)
                assert len(output["error"]) > 10
    assert failed > 20


def outcome(url, session):
    """What the server sends back in a session, once it has ended."""
    events = f"{url}/gradio_api/queue/data?session_hash={session}"
    with httpx.stream("GET", events, timeout=SECONDS) as lines:
        for line in lines.iter_lines():
            event = json.loads(line.removeprefix("data:")) if line.startswith("data:") else {}
            if event.get("msg") == "process_completed":
                return event["output"]
    raise AssertionError("The stream ended without an answer.")
