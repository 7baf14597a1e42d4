"""The page that needs no server: the same answers as Python's, and nothing sent."""

import functools
import http.server
import threading
from base64 import b64encode

import numpy as np
import pytest
from PIL import Image, ImageEnhance

from apps.demo_parts.examples import FOLDER
from fermask.hosting import browser
from fermask.hosting.browser import browser_files, browser_settings
from fermask.hosting.repositories import write_files
from fermask.hosting.spacefile import read_spacefile
from fermask.hosting.spaces import space_files
from fermask.photographs.photograph import read_photograph
from fermask.photographs.prediction import predict
from tests.apps.browser import barriers, open_page
from tests.pictures import encoded

PREDICT = """async (data) => {
  const page = await import("./faces.js");
  const blob = await (await fetch("data:image/jpeg;base64," + data)).blob();
  const faces = await page.predict(await page.readPhotograph(blob));
  return faces.map(({ box, probabilities, mask, other, smile }) =>
    ({ box, probabilities, mask, rest: [other, smile] }));
}"""


# As a visitor copies a picture, and as one lets go of it over the page; neither asks the network.
BYTES = "const bytes = Uint8Array.from(atob(data), (each) => each.charCodeAt(0));"
COPY = f"""async (data) => {{ {BYTES}
  const blob = new Blob([bytes], {{ type: "image/png" }});
  await navigator.clipboard.write([new ClipboardItem({{ "image/png": blob }})]);
}}"""
HELD = f"""(data) => {{ {BYTES}
  const held = new DataTransfer();
  held.items.add(new File([bytes], "picture.jpg", {{ type: "image/jpeg" }}));
  return held;
}}"""


def pictures(count, seed=0):
    """The demo's examples as JPEG files: cut, turned, mirrored, darkened, of other sizes."""
    random = np.random.default_rng(seed)
    images = [Image.open(path) for path in sorted(FOLDER.glob("*.jpg"))]
    for i in range(count):
        image = images[i % len(images)]
        if random.random() < 0.5:
            image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        image = image.rotate(random.uniform(-35, 35), Image.Resampling.BICUBIC)
        image = ImageEnhance.Brightness(image).enhance(random.uniform(0.5, 1.4))
        left, top = (round(side * random.uniform(0, 0.2)) for side in image.size)
        image = image.crop((left, top, *image.size))
        scale = random.uniform(0.4, 1.3)
        image = image.resize([round(side * scale) for side in image.size])
        yield encoded(image.convert("RGB"), "JPEG", quality=int(random.integers(60, 96)))


class Quiet(http.server.SimpleHTTPRequestHandler):
    extensions_map = http.server.SimpleHTTPRequestHandler.extensions_map | {
        ".mjs": "text/javascript",
        ".wasm": "application/wasm",
    }

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """The built page on loopback."""
    try:
        files = space_files(read_spacefile()["browser"])
    except (FileNotFoundError, ValueError) as error:
        pytest.skip(str(error))
    folder = tmp_path_factory.mktemp("space") / "built"
    write_files(files, folder)
    handler = functools.partial(Quiet, directory=folder)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/apps/browser/index.html"
        server.shutdown()


@pytest.mark.browser
@pytest.mark.slow
def test_a_visitor_reads_a_photograph_and_the_camera_and_nothing_is_sent(served):
    with open_page(served, width=390, height=844) as page:
        page.wait_for_selector("#said >> text=Add a photograph")
        asked, problems = [], []
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.set_input_files("#file", FOLDER / "group.jpg")
        page.wait_for_selector("#said >> text=4 faces found")
        page.click(".face >> nth=2")
        page.wait_for_selector(".face[aria-pressed=true] >> text=3")
        page.wait_for_selector("#verdict >> text=mask seen")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        page.click("#camera")
        page.wait_for_selector("#said >> text=No faces found")
        page.click("#camera")
        page.set_input_files("#file", __file__)
        page.wait_for_selector("#said >> text=Expected a picture")
        assert asked == []
        assert problems == []


@pytest.mark.browser
@pytest.mark.slow
def test_a_photograph_is_pasted_or_dropped_and_its_faces_chosen_by_keys_alone(served):
    with open_page(served) as page:
        page.wait_for_selector("#said >> text=Add a photograph")
        asked = []
        page.on("request", lambda request: asked.append(request.url))
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        copied = encoded(Image.open(FOLDER / "masked.jpg"), "PNG")
        page.evaluate(COPY, b64encode(copied).decode())
        page.keyboard.press("Control+V")
        page.wait_for_selector("#said >> text=1 face found")
        dropped = b64encode((FOLDER / "group.jpg").read_bytes()).decode()
        page.dispatch_event("body", "drop", {"dataTransfer": page.evaluate_handle(HELD, dropped)})
        page.wait_for_selector("#said >> text=4 faces found")
        page.focus("#camera")
        for _ in range(2):
            page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.wait_for_selector(".face[aria-pressed=true] >> text=2")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.wait_for_selector(".face[aria-pressed=true] >> text=3")
        assert asked == []


@pytest.mark.browser
@pytest.mark.slow
def test_a_photograph_ends_the_camera_and_is_looked_at_as_any_other(served):
    with open_page(served) as page:
        page.wait_for_selector("#said >> text=Add a photograph")
        page.click("#camera")
        page.wait_for_selector("#camera >> text=Stop the camera")
        page.wait_for_selector("#said >> text=No faces found")
        page.set_input_files("#file", FOLDER / "group.jpg")
        page.set_input_files("#file", FOLDER / "masked.jpg")
        page.wait_for_selector("#said >> text=1 face found")
        page.wait_for_selector("#camera >> text=Start the camera")
        assert page.locator(".face").count() == 1


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.parametrize("dark", [False, True])
def test_axe_finds_no_barrier(served, dark):
    with open_page(served, width=390, height=844, dark=dark) as page:
        page.wait_for_selector("#said >> text=Add a photograph")
        assert barriers(page) == []
        page.set_input_files("#file", FOLDER / "group.jpg")
        page.wait_for_selector("#said >> text=4 faces found")
        assert barriers(page) == []


@pytest.mark.browser
@pytest.mark.slow
def test_boxes_and_the_three_answers_are_python_s(served):
    different = []
    with open_page(served) as page:
        page.wait_for_selector("#said >> text=Add a photograph")
        for number, data in enumerate(pictures(200)):
            here = page.evaluate(PREDICT, b64encode(data).decode())
            there = predict(read_photograph(data))
            same = len(here) == len(there) and all(
                np.abs(np.subtract(face["box"], each.box_xywh)).max() <= 1
                and np.abs(face["probabilities"] - each.probabilities).max() <= 0.01
                and np.abs(np.subtract(face["rest"], [each.other, each.smile])).max() <= 0.01
                and face["mask"] == each.mask
                for face, each in zip(here, there, strict=True)
            )
            if not same:
                different.append(number)
    assert len(different) <= 1, different


def test_the_page_gets_python_s_numbers_and_every_file_that_it_asks_for(tmp_path):
    (tmp_path / "dist").mkdir()
    for name in browser.RUNTIME_FILES:
        (tmp_path / "dist" / name).write_bytes(b"as packed")
    made = browser_files(tmp_path)
    assert {path.partition("/")[0] for path in made} == {"runtime", "apps"}
    settings = browser_settings()
    assert settings["detection"]["score_threshold"] == 0.25
    (tmp_path / "dist" / browser.RUNTIME_FILES[1]).unlink()
    with pytest.raises(FileNotFoundError, match=r"ort-wasm-simd-threaded\.wasm is missing"):
        browser_files(tmp_path)


def test_without_npm_or_with_another_package_a_sentence_says_so(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(FileNotFoundError, match=r"npm is not installed.*--runtime DIR"):
        browser_files()
    npm = tmp_path / "npm"
    npm.write_text("#!/bin/sh\necho another > onnxruntime-web-1.30.0.tgz\n")
    npm.chmod(0o755)
    with pytest.raises(ValueError, match=r"SHA-256 .*; expected another"):
        browser_files()
    npm.write_text("#!/bin/sh\necho no network >&2\nexit 1\n")
    with pytest.raises(ValueError, match=r"no network.*--runtime DIR"):
        browser_files()
