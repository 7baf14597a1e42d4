"""The demo as visitors and programs meet it: Gradio's client and a real browser."""

import asyncio
import http.client
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from dataclasses import replace
from pathlib import Path

import httpx
import numpy as np
import pytest
import skimage.data
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from PIL import Image

from apps.demo_parts.examples import example_photographs
from apps.demo_parts.html import html_album, html_verdict
from apps.demo_parts.reading import face_at, read_faces, square_of
from apps.demo_parts.words import how_good, how_measured, how_sure
from fermask.faces.labels import CLASSES
from fermask.networks.inference import load_network
from fermask.photographs.prediction import predict, shipped_networks
from fermask.photographs.records import as_record, as_rows, face_caption
from fermask.system.paths import SHIPPED
from tests.apps.browser import ROOT, SECONDS, free_port, open_page, running_app
from tests.pictures import encoded, zipped

# Python runs it before anything else: on a signal the server writes down what it has loaded.
ON_SIGNAL = """
import os, pathlib, signal, sys
folder = pathlib.Path(__file__).parent
def tell(*_):
    # What getrusage says may be of the process that this one was forked from.
    status = pathlib.Path("/proc/self/status").read_text()
    kilobytes = status.split("VmHWM:")[1].split()[0]
    (folder / "partial").write_text(" ".join([kilobytes, *sys.modules]))
    (folder / "partial").rename(folder / "told")
signal.signal(signal.SIGUSR1, tell)
(folder / "pid").write_text(str(os.getpid()))
"""


@pytest.fixture(scope="module")
def inside(tmp_path_factory):
    """The folder in which the server says what goes on in it."""
    folder = tmp_path_factory.mktemp("inside")
    (folder / "sitecustomize.py").write_text(ON_SIGNAL)
    return folder


@pytest.fixture(scope="module")
def address(inside, tmp_path_factory):
    port, temporary = free_port(), tmp_path_factory.mktemp("temporary")
    environment = {
        "GRADIO_SERVER_PORT": str(port),
        "PYTHONPATH": str(inside),
        "TMPDIR": str(temporary),
    }
    with running_app(["apps/demo.py"], f"http://127.0.0.1:{port}/", environment) as url:
        yield url
    # Whatever was uploaded went with the server.
    assert list(temporary.iterdir()) == []


@pytest.fixture(scope="module")
def client(address, tmp_path_factory):
    client = Client(
        address,
        verbose=False,
        download_files=tmp_path_factory.mktemp("answers"),
        httpx_kwargs={"timeout": SECONDS},
    )
    yield client
    client.close()


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("uploads")
    astronaut = skimage.data.astronaut()
    (masked, _), _, (four, _) = example_photographs()
    Image.fromarray(astronaut).save(folder / "astronaut.png")
    Image.fromarray(masked).save(folder / "masked.png")
    Image.fromarray(four).save(folder / "four.png")
    Image.new("RGB", (90, 70), "grey").save(folder / "grey.png")
    Image.new("1", (9000, 5000)).save(folder / "huge.png")
    (folder / "letter.jpg").write_text("Dear all")
    photographs = {"../<b>bare</b>.png": (folder / "astronaut.png").read_bytes()}
    (folder / "album.zip").write_bytes(zipped(photographs | {"letter.jpg": b"Dear all"}))
    return folder


def test_predict_says_what_the_command_says(client, files):
    answer = client.predict(handle_file(files / "astronaut.png"), api_name="/predict")
    expected = as_record("photograph", predict(skimage.data.astronaut()))
    assert answer == json.loads(json.dumps(expected))


def test_predict_finds_no_face_in_a_grey_picture(client, files):
    assert client.predict(handle_file(files / "grey.png"), api_name="/predict")["faces"] == []


def test_mask_answers_before_and_after(client, files):
    picture, answer = client.predict(
        handle_file(files / "astronaut.png"), 0, "dark", "#c02020", api_name="/mask"
    )
    with Image.open(picture) as masked:
        assert masked.size == (512, 512)
        r, g, b = np.asarray(masked)[150:160, 215:230, :3].mean(axis=(0, 1))
    assert r > 2 * max(g, b)
    assert answer["before"]["box"] == answer["after"]["box"]
    assert (answer["before"]["mask"], answer["after"]["mask"]) == (False, True)
    assert list(answer["after"]["probabilities"]) == list(CLASSES)
    assert np.shape(answer["landmarks"]) == (68, 2)


@pytest.mark.parametrize(
    ("name", "said"), [("letter.jpg", "expected a JPEG"), ("huge.png", "40 million pixels")]
)
def test_what_cannot_be_read_is_a_sentence(client, files, name, said):
    with pytest.raises(AppError, match=said):
        client.predict(handle_file(files / name), api_name="/predict")


@pytest.mark.parametrize(("name", "face"), [("astronaut.png", 7), ("grey.png", 0)])
def test_a_face_that_is_not_there_is_a_sentence(client, files, name, face):
    with pytest.raises(AppError, match=r"Expected a face in 0…0|No face was found"):
        client.predict(handle_file(files / name), face, "cloth", api_name="/mask")


def test_the_page_asks_nobody_else_and_names_two_endpoints(address):
    with urllib.request.urlopen(f"{address}config") as reply:
        config = json.load(reply)
    assert config["analytics_enabled"] is False
    with urllib.request.urlopen(f"{address}gradio_api/info") as reply:
        assert set(json.load(reply)["named_endpoints"]) == {"/predict", "/mask"}


SURE = {"accuracy": {"value": 0.951, "n": 2110}, "rest": {"value": 0.618, "n": 1327}}


@pytest.fixture(scope="module")
def face():
    (face,) = predict(skimage.data.astronaut())
    return face


def test_a_doubtful_answer_is_not_sure_and_says_why(face):
    highest = float(face.probabilities.max())
    doubt = how_sure({"not_sure_below": 0.6, "sure": SURE})
    assert "Under 60%" in doubt
    assert "62% of 1,327" in doubt
    assert "95% of 2,110" in doubt
    sure, doubtful = (replace(face, not_sure_below=highest + more) for more in (0, 1e-6))
    assert f"<b>{face.label}</b>" in html_verdict(sure, doubt)
    assert doubt not in html_verdict(sure, doubt)
    assert face.label in face_caption(1, sure)
    assert "<b>Not sure</b>" in html_verdict(doubtful, doubt)
    assert doubt in html_verdict(doubtful, doubt)
    assert all(f">{name}<" in html_verdict(doubtful, doubt) for name in CLASSES)
    assert face_caption(1, doubtful) == "1: not sure"


@pytest.mark.parametrize("sure", [{}, {"sure": {"accuracy": None, "rest": SURE["rest"]}}])
def test_a_threshold_without_figures_is_said_alone(sure):
    assert "reaches the 60%" in how_sure({"not_sure_below": 0.6} | sure)


def test_a_record_without_threshold_knows_no_doubt(face):
    assert how_sure({}) == ""
    assert "Not sure" not in html_verdict(replace(face, not_sure_below=0.0), "")


@pytest.mark.browser
def test_a_visitor_reads_masked_and_bare_faces_an_album_and_what_is_wrong(address, files):
    with open_page(address, width=390, height=844) as page:
        elsewhere, problems = [], []
        page.on("request", lambda request: elsewhere.append(request.url))
        page.on("pageerror", lambda error: problems.append(str(error)))

        def add(name, said):
            page.set_input_files("#photograph input[type=file]", files / name)
            page.wait_for_selector(f"#said >> text={said}")

        def another(name, said):
            page.click('#photograph button[aria-label="Remove Image"]')
            page.wait_for_selector("#said >> text=Add a photograph")
            add(name, said)

        page.wait_for_selector("#examples button")
        accuracy = load_network(SHIPPED).record["result"]["accuracy"]
        assert f"{accuracy:.1%}" in page.inner_text("body")

        add("masked.png", "1 face found, a mask seen.")
        page.wait_for_selector("#verdict >> text=mask seen")
        assert all(name in page.inner_text("#verdict") for name in CLASSES)
        assert not page.is_visible("#put-on")

        another("astronaut.png", "1 face found, no mask seen.")
        page.click("text=KN95")
        page.click("#put-on")
        page.wait_for_selector("#after >> text=mask seen")
        assert "no mask" in page.inner_text("#before")
        page.click("#compare")
        page.wait_for_selector("#networks >> text=927,916")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390

        another("letter.jpg", "expected a JPEG")
        another("grey.png", "No face was found")
        page.locator("#mark input[type=range]").first.press("ArrowRight")
        page.click("#read-square")
        page.wait_for_selector("#said >> text=No face found, 1 marked by you")

        page.click('#photograph button[aria-label="Remove Image"]')
        page.wait_for_selector("#said >> text=Add a photograph")
        page.click("#examples button >> nth=2")
        page.wait_for_selector("#said >> text=4 faces found, 3 masks seen.")
        page.click("#faces label:nth-of-type(4)")
        page.wait_for_selector("#verdict >> text=no mask")

        page.click("role=tab[name='Several or a ZIP']")
        page.set_input_files("#album-files input[type=file]", files / "album.zip")
        with page.expect_download() as download:
            page.click("#album-download a")
        assert "<b>bare</b>" in page.inner_text("#album")
        assert "expected a JPEG" in page.inner_text("#album")
        csv = Path(download.value.path()).read_text(encoding="utf-8-sig")
        assert csv.startswith("image,face,")
        assert csv.count("\n") == 3

        own = (address, "data:", "blob:")
        assert [url for url in elsewhere if not url.startswith(own)] == []
        assert problems == []


def test_the_accuracy_is_named_as_it_was_measured():
    result = {"accuracy": 0.8, "n": 3437}
    settings = {"protocol": "clean", "seed": 3}
    assert "protocol clean, seed 3" in how_good({"result": result, "settings": settings})
    measured = result | {"measured": "clean 0–8, out of fold"}
    said = how_good({"result": measured, "settings": settings | {"protocol": "everything"}})
    assert "80.0% of 3,437 faces" in said
    assert "(clean 0–8, out of fold)" in said
    assert "it was not trained on" not in said


def test_a_network_of_the_paper_s_recipe_says_that_it_is_one():
    records = [load_network(path).record for path in shipped_networks()]
    assert "beyond the paper's recipe" in how_measured(records[0])
    assert "clean 0, validation; the paper's recipe, 30 epochs" in how_measured(records[1])
    assert how_measured({}) == "not recorded"


def _call(address, data, endpoint="predict"):
    """The event stream that a request without Gradio's client gets."""
    url = f"{address}gradio_api/call/{endpoint}"
    event = httpx.post(url, json={"data": data}, timeout=SECONDS).json()["event_id"]
    return httpx.get(f"{url}/{event}", timeout=SECONDS).text


@pytest.mark.parametrize("meta", [{}, {"meta": {"_type": "gradio.FileData"}}])
def test_no_file_of_the_server_and_no_link_is_read(address, files, meta):
    own = _call(address, [{"path": str(files / "astronaut.png")} | meta])
    link = _call(address, [{"path": "http://127.0.0.1:1/astronaut.png"} | meta])
    assert "event: error" in own
    assert "event: error" in link
    assert "probabilities" not in own + link


def test_large_requests_are_refused_unread(address):
    from apps.demo_parts.limits import MOST_ASKED

    asking = http.client.HTTPConnection(httpx.URL(address).netloc.decode())
    asking.putrequest("POST", "/gradio_api/call/predict")
    asking.putheader("Content-Length", str(MOST_ASKED + 1))
    asking.endheaders()
    assert asking.getresponse().status == 413
    asking.close()
    picture = {"files": ("large.jpg", bytes(10_000_001))}
    answer = httpx.post(f"{address}gradio_api/upload", files=picture, timeout=SECONDS)
    assert answer.status_code == 413


EXAMPLES = re.findall(
    r"```(python|sh)\n(.*?)```", (ROOT / "docs" / "api.md").read_text(), re.DOTALL
)


@pytest.mark.parametrize(("language", "code"), EXAMPLES)
def test_the_examples_of_the_api_run_as_they_stand(address, files, tmp_path, language, code):
    if language == "sh" and shutil.which("curl") is None:
        pytest.skip("curl is not installed.")
    Image.open(files / "astronaut.png").save(tmp_path / "photo.jpg", quality=95)
    command = [sys.executable, "-c"] if language == "python" else ["sh", "-c"]
    code = code.replace("http://127.0.0.1:7860", address.rstrip("/"))
    done = subprocess.run([*command, code], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert all(name in done.stdout for name in CLASSES)


def test_the_server_has_loaded_no_tensorflow_and_little_memory(client, files, inside):
    client.predict(handle_file(files / "masked.png"), api_name="/predict")
    os.kill(int((inside / "pid").read_text()), signal.SIGUSR1)
    until = time.monotonic() + SECONDS
    while not (inside / "told").exists() and time.monotonic() < until:
        time.sleep(0.05)
    kilobytes, *modules = (inside / "told").read_text().split()
    assert "onnxruntime" in modules
    assert not {"tensorflow", "keras", "tf2onnx"} & set(modules)
    assert int(kilobytes) < 600_000


@pytest.fixture
def workers():
    # Gradio takes seconds to load.
    from apps.demo_parts.limits import Workers

    return Workers


def test_work_that_takes_too_long_is_answered_and_never_more_of_it_runs(workers):
    let_go, ran = threading.Event(), []

    def work(number):
        ran.append(number)
        let_go.wait(SECONDS)
        return number

    async def visitors():
        limited = workers(threads=1, seconds=1).limited(work)
        answers = await asyncio.gather(limited(1), limited(2), return_exceptions=True)
        let_go.set()
        return answers

    answers = asyncio.run(visitors())
    import gradio as gr

    assert all(isinstance(each, gr.Error) for each in answers)
    assert all("too long" in each.message for each in answers)
    assert ran == [1]


def test_the_library_s_sentence_reaches_the_visitor_as_such(workers):
    import gradio as gr

    def work():
        raise ValueError("Expected a photograph.")

    with pytest.raises(gr.Error, match="Expected a photograph"):
        asyncio.run(workers(1, SECONDS).limited(work)())


def test_a_frame_of_the_camera_shows_its_faces_and_a_broken_one_a_sentence():
    from apps.demo_parts.live_tab import html_of_frame

    network = load_network(SHIPPED)
    (masked, _), *_ = example_photographs()
    said = html_of_frame(encoded(Image.fromarray(masked), "JPEG"), network)
    assert "1: neutral" in said
    assert "data:image/jpeg;base64," in said
    assert "No face" in html_of_frame(encoded(Image.new("RGB", (64, 48)), "JPEG"), network)
    assert "expected a JPEG" in html_of_frame(b"Dear all", network)


def test_a_marked_square_is_one_more_face_and_a_click_finds_the_smallest():
    data = encoded(Image.fromarray(skimage.data.astronaut()), "PNG")
    network = load_network(SHIPPED)
    square = square_of(skimage.data.astronaut(), 50, 50, 100)
    assert square == (0, 0, 512)
    reading = read_faces(data, [square], network)
    assert (len(reading.predictions), reading.marked) == (2, 1)
    assert face_at(reading, 220, 120) == 0
    assert face_at(reading, 256, 400) == 1
    assert face_at(reading, 2, 2) is None


def test_names_are_shown_as_they_are_and_never_run(face):
    rows = as_rows("<script>alert(1)</script>", [face]) + as_rows("<b>.jpg", [], "<i>no</i>")
    shown = html_album(rows)
    assert "<script" not in shown
    assert "<b>.jpg" not in shown
    assert "&lt;i&gt;no" in shown
