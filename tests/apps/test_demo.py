"""The demo as visitors and programs meet it: Gradio's client and a real browser."""

import json
import urllib.request
from dataclasses import replace

import numpy as np
import pytest
import skimage.data
from browser import free_port, open_page, running_app
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from PIL import Image

from apps.demo import face_name, how_sure, html_verdict
from core.inference import SHIPPED, load_network
from core.labels import CLASSES
from core.prediction import as_record, predict


@pytest.fixture(scope="module")
def address():
    port = free_port()
    with running_app(
        ["apps/demo.py"], f"http://127.0.0.1:{port}/", {"GRADIO_SERVER_PORT": str(port)}
    ) as url:
        yield url


@pytest.fixture(scope="module")
def client(address, tmp_path_factory):
    client = Client(address, verbose=False, download_files=tmp_path_factory.mktemp("answers"))
    yield client
    client.close()


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("uploads")
    astronaut = skimage.data.astronaut()
    two = np.zeros((512, 812, 3), np.uint8)
    two[:256, :256], two[:, 300:] = astronaut[::2, ::2], astronaut
    Image.fromarray(astronaut).save(folder / "astronaut.png")
    Image.fromarray(two).save(folder / "two.png")
    Image.new("RGB", (90, 70), "grey").save(folder / "grey.png")
    Image.new("1", (9000, 5000)).save(folder / "huge.png")
    (folder / "letter.jpg").write_text("Dear all")
    return folder


def test_predict_says_what_the_command_says(client, files):
    answer = client.predict(handle_file(files / "astronaut.png"), api_name="/predict")
    expected = as_record("photograph", predict(skimage.data.astronaut()))
    assert answer == json.loads(json.dumps(expected))


def test_predict_finds_no_face_in_a_grey_picture(client, files):
    assert client.predict(handle_file(files / "grey.png"), api_name="/predict")["faces"] == []


def test_mask_answers_before_and_after(client, files):
    picture, answer = client.predict(
        handle_file(files / "astronaut.png"), 0, "dark", api_name="/mask"
    )
    with Image.open(picture) as masked:
        assert masked.size == (512, 512)
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
    assert face.label in face_name(1, sure)
    assert "<b>Not sure</b>" in html_verdict(doubtful, doubt)
    assert doubt in html_verdict(doubtful, doubt)
    assert all(f">{name}<" in html_verdict(doubtful, doubt) for name in CLASSES)
    assert face_name(1, doubtful) == "1: not sure"


@pytest.mark.parametrize("sure", [{}, {"sure": {"accuracy": None, "rest": SURE["rest"]}}])
def test_a_threshold_without_figures_is_said_alone(sure):
    assert "reaches the 60%" in how_sure({"not_sure_below": 0.6} | sure)


def test_a_record_without_threshold_knows_no_doubt(face):
    assert how_sure({}) == ""
    assert "Not sure" not in html_verdict(replace(face, not_sure_below=0.0), "")


@pytest.mark.browser
def test_a_visitor_sees_faces_puts_a_mask_on_and_is_told_what_is_wrong(address, files):
    with open_page(address, width=390, height=844) as page:
        page.wait_for_selector("#example")
        elsewhere, problems = [], []
        page.on("request", lambda request: elsewhere.append(request.url))
        page.on("pageerror", lambda error: problems.append(str(error)))

        result = load_network(SHIPPED).record.get("result", {})
        if "accuracy" in result:
            assert f"{result['accuracy']:.1%}" in page.inner_text("body")

        page.click("#example")
        page.wait_for_selector("#verdict .bars")
        assert "1 face found, no mask seen." in page.inner_text("#said")
        assert all(name in page.inner_text("#verdict") for name in CLASSES)
        assert not page.is_visible("#faces")
        page.click("text=KN95")
        page.click("#put-on")
        page.wait_for_selector("#after .bars")
        assert "no mask" in page.inner_text("#before")
        assert "mask seen" in page.inner_text("#after")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390

        for name, said in (
            ("letter.jpg", "expected a JPEG"),
            ("grey.png", "No face was found"),
            ("two.png", "2 faces found"),
        ):
            page.click('#photograph button[aria-label="Remove Image"]')
            page.wait_for_selector("#said >> text=Add a photograph")
            page.set_input_files("#photograph input[type=file]", files / name)
            page.wait_for_selector(f"#said >> text={said}")
        page.click("#faces label:nth-of-type(2)")
        page.wait_for_selector("#verdict .bars")

        own = (address, "data:", "blob:")
        assert [url for url in elsewhere if not url.startswith(own)] == []
        assert problems == []


def test_the_accuracy_is_named_as_it_was_measured():
    from apps.demo import how_good

    result = {"accuracy": 0.8, "n": 3437}
    settings = {"protocol": "clean", "seed": 3}
    assert "protocol clean, seed 3" in how_good({"result": result, "settings": settings})
    measured = result | {"measured": "clean 0–8, out of fold"}
    said = how_good({"result": measured, "settings": settings | {"protocol": "everything"}})
    assert "80.0% of 3,437 faces" in said
    assert "(clean 0–8, out of fold)" in said
    assert "it was not trained on" not in said
