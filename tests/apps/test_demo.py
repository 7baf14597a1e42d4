"""The demo as visitors and programs meet it: Gradio's client and a real browser."""

import http.client
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
import zipfile
from pathlib import Path

import httpx
import numpy as np
import pytest
import skimage.data
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from PIL import Image

from apps.demo_parts.examples import example_photographs
from fermask.faces.labels import CLASSES
from fermask.photographs.photograph import MAX_BYTES
from fermask.photographs.prediction import predict
from fermask.photographs.records import as_record
from tests.apps.browser import ROOT, SECONDS, barriers, free_port, open_page, running_app
from tests.pictures import zipped

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
# The server begins before those that decode for it.
if not (folder / "pid").exists():
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
    examples = {caption: image_rgb for image_rgb, caption in example_photographs()}
    masked, four = examples["Masked"], examples["Several"]
    Image.fromarray(astronaut).save(folder / "astronaut.png")
    Image.fromarray(masked).save(folder / "masked.png")
    Image.fromarray(four).save(folder / "four.png")
    Image.new("RGB", (90, 70), "grey").save(folder / "grey.png")
    Image.new("1", (9000, 6000)).save(folder / "huge.png")
    (folder / "letter.jpg").write_text("Dear all")
    with (folder / "heavy.jpg").open("wb") as heavy:
        heavy.truncate(MAX_BYTES + 1)
    photographs = {"../<b>bare</b>.png": (folder / "astronaut.png").read_bytes()}
    (folder / "album.zip").write_bytes(zipped(photographs | {"letter.jpg": b"Dear all"}))
    return folder


def test_the_server_says_where_it_is_and_nothing_else():
    port = free_port()
    command = [sys.executable, "apps/demo.py", "--port", str(port)]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as run:
        loading, opened = run.stdout.readline(), run.stdout.readline()
        run.terminate()
        assert loading == b"Loading the face detector and the networks\n"
        assert opened == f"Open http://127.0.0.1:{port}/\n".encode()
        assert run.stdout.read() == b""


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
    assert answer["problems"] == []


def test_a_mask_as_worn_is_printed_and_sits_as_asked(client, files):
    photograph = handle_file(files / "astronaut.png")
    asked = {"face": 0, "style": "printed", "fit": "under the nose", "printed": "dots"}
    _, answer = client.predict(photograph, **asked, api_name="/mask")
    assert answer["problems"] == ["nose tip: not covered"]
    with pytest.raises(AppError, match="Surgical is drawn plainly"):
        client.predict(photograph, 0, "surgical", "", "well", "dots", api_name="/mask")


@pytest.mark.parametrize(
    ("name", "said"), [("letter.jpg", "expected a JPEG"), ("huge.png", "50 million pixels")]
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


def add(page, file, said):
    """Adds a photograph in place of the one that is there, and waits for what is said of it."""
    if page.is_visible("[data-do=clear]"):
        page.click("[data-do=clear]")
        page.wait_for_selector("#said >> text=Add a photograph")
    page.set_input_files("#photograph input[type=file]", file)
    page.wait_for_selector(f"#said >> text={said}")


@pytest.mark.browser
def test_a_visitor_reads_masked_and_bare_faces_an_album_and_what_is_wrong(address, files):
    with open_page(address, width=390, height=844) as page:
        elsewhere, problems = [], []
        page.on("request", lambda request: elsewhere.append(request.url))
        page.on("pageerror", lambda error: problems.append(str(error)))

        page.wait_for_selector("#examples button")
        page.click("text=How good it is")
        page.wait_for_selector("text=faces in real masks")

        add(page, files / "masked.png", "1 face found, a mask seen.")
        page.wait_for_selector("#verdict >> text=mask seen")
        assert all(name in page.inner_text("#verdict") for name in CLASSES)
        # The guess may be wrong, so a mask can be put on whatever was seen.
        page.click("text=Put a mask on")
        page.click("text=KN95")
        page.click("#put-on")
        page.wait_for_selector("#trial figure >> nth=1 >> text=mask seen")

        add(page, files / "astronaut.png", "1 face found, no mask seen.")
        page.click("#put-on")
        page.wait_for_selector("#trial figure >> nth=1 >> text=mask seen")
        assert "no mask" in page.inner_text("#trial figure >> nth=0")
        page.click("text=What the network saw")
        page.wait_for_selector("#seen img >> nth=2")
        page.click("text=Ask other networks")
        page.click("#compare")
        page.wait_for_selector("#networks >> text=927,916")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390

        add(page, files / "letter.jpg", "expected a JPEG")
        add(page, files / "grey.png", "No face was found")
        assert page.is_visible("#picture img")

        page.click("#examples button >> text=Several")
        page.wait_for_selector("#said >> text=4 faces found, 4 masks seen.")
        page.click(".face >> nth=3")
        page.wait_for_selector(".face[aria-pressed=true] >> text=4")

        page.click("role=tab[name='Several or a film']")
        page.set_input_files("#album-files input[type=file]", files / "album.zip")
        with page.expect_download() as download:
            page.click("#album-download a")
        assert "<b>bare</b>" in page.inner_text("#album")
        assert "expected a JPEG" in page.inner_text("#album")
        csv = Path(download.value.path()).read_text(encoding="utf-8-sig")
        assert csv.startswith("image,frame,")
        assert csv.count("\n") == 3
        assert "2 files, 1 faces: 1 smile" in page.inner_text("#album-said")
        with page.expect_download() as download:
            page.click("text=Download the pictures")
        with zipfile.ZipFile(download.value.path()) as drawn:
            assert drawn.namelist() == ["001 b_.jpg"]
        page.click("#album button")
        page.wait_for_selector("#said >> text=1 face found, no mask seen.")

        own = (address, "data:", "blob:")
        assert [url for url in elsewhere if not url.startswith(own)] == []
        assert problems == []


@pytest.mark.browser
def test_the_answer_stands_on_the_first_screen_beside_the_one_photograph(address, files):
    with open_page(address, width=1440, height=900) as page:
        add(page, files / "astronaut.png", "1 face found")
        picture = page.locator("#picture img").bounding_box()
        verdict = page.locator("#verdict").bounding_box()
        assert verdict["x"] >= picture["x"] + picture["width"]
        assert max(each["y"] + each["height"] for each in (picture, verdict)) < 900
        assert "decide nothing" in page.inner_text("#verdict")
        assert page.locator("#photograph").count() == 0
    with open_page(address, width=390, height=844) as page:
        add(page, files / "astronaut.png", "1 face found")
        bars = page.locator("#verdict .bars").bounding_box()
        assert bars["y"] + bars["height"] < 844


@pytest.mark.browser
@pytest.mark.parametrize(("width", "dark"), [(1440, False), (390, True)])
def test_axe_finds_no_barrier(address, files, width, dark):
    with open_page(address, width=width, height=844, dark=dark) as page:
        page.wait_for_selector("#examples button")
        assert barriers(page) == []
        add(page, files / "four.png", "4 faces found")
        for panel in ("What the network saw", "Put a mask on", "Ask other networks", "How good"):
            page.click(f"text={panel}")
        page.click("#put-on")
        page.click("#compare")
        page.wait_for_selector("#trial .bars")
        page.wait_for_selector("#networks table")
        assert barriers(page) == []
        page.click("role=tab[name='Several or a film']")
        page.set_input_files("#album-files input[type=file]", files / "album.zip")
        page.wait_for_selector("#album-download a")
        assert barriers(page) == []
        page.click("role=tab[name='Live']")
        page.click("[data-do=camera]")
        page.wait_for_selector("#live .answer >> text=No face in this frame")
        assert barriers(page) == []


@pytest.mark.browser
def test_a_face_is_marked_by_dragging_and_by_keys_alone(address, files):
    with open_page(address, width=1280, height=900) as page:
        add(page, files / "grey.png", "drag a square")
        box = page.locator("#picture .photo").bounding_box()
        page.mouse.move(box["x"] + 0.2 * box["width"], box["y"] + 0.2 * box["height"])
        page.mouse.down()
        page.mouse.move(box["x"] + 0.6 * box["width"], box["y"] + 0.5 * box["height"], steps=5)
        page.mouse.up()
        page.wait_for_selector("#said >> text=No face found, 1 marked by you")
        face = page.locator(".face").bounding_box()
        assert (
            abs(face["x"] + face["width"] / 2 - box["x"] - 0.4 * box["width"]) < 0.05 * box["width"]
        )

        page.focus("[data-do=mark]")
        page.keyboard.press("Enter")
        for key in ("ArrowLeft", "ArrowUp", "+", "-", "+", "Enter"):
            page.keyboard.press(key)
        page.wait_for_selector("#said >> text=No face found, 2 marked by you")
        assert page.get_attribute(".face >> nth=1", "aria-pressed") == "true"


@pytest.mark.browser
def test_a_file_over_the_limit_is_not_sent_and_the_visitor_is_told(address, files):
    with open_page(address) as page:
        page.wait_for_selector("#examples button")
        sent = []
        page.on("request", lambda request: sent.append(request.url))
        add(page, files / "heavy.jpg", "A file has more than 60 MB")
        page.click("role=tab[name='Several or a film']")
        page.set_input_files("#album-files input[type=file]", files / "heavy.jpg")
        page.wait_for_selector("#album-said >> text=A file has more than 60 MB")
        assert [url for url in sent if "upload" in url] == []
        page.click("role=tab[name='Photograph']")
        add(page, files / "grey.png", "No face was found")


@pytest.mark.browser
def test_the_link_to_the_model_card_opens_it(address):
    with open_page(address) as page:
        # Gradio makes the page after its first words are there.
        page.wait_for_selector("#model-card > button")
        page.click("text=Model card >> nth=0")
        page.wait_for_selector("#model-card >> text=What it is for")
        assert page.locator(".links a").count() == 2


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
    picture = {"files": ("large.jpg", bytes(MAX_BYTES + 1))}
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


@pytest.mark.browser
def test_the_camera_is_read_frame_after_frame_and_stops(address):
    with open_page(address) as page:
        page.click("role=tab[name='Live']")
        page.click("[data-do=camera]")
        page.wait_for_selector("#live .answer >> text=No face in this frame")
        page.wait_for_selector("#live .rate >> text=frames a second")
        page.click("[data-do=camera]")
        assert page.evaluate("document.querySelector('#live video').srcObject") is None
