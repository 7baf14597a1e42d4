"""The demo's parts without a server: what is said of a face, pictures kept, work in threads."""

import asyncio
import threading
from base64 import b64encode
from dataclasses import replace

import numpy as np
import pytest
import skimage.data
from PIL import Image

from apps.demo_parts.examples import example_photographs
from apps.demo_parts.html import html_album, html_films, html_verdict
from apps.demo_parts.reading import add_square, as_reading, draw_seen, draw_trial, find_faces
from apps.demo_parts.words import how_good, how_measured, how_sure, how_worn, which_prior
from fermask.evaluation.headlines import stated_headlines
from fermask.faces.labels import CLASSES
from fermask.networks.inference import load_network, under_prior
from fermask.photographs.prediction import predict, try_mask
from fermask.photographs.records import as_rows, face_caption, short_caption
from fermask.system.files import read_json
from fermask.system.paths import MODELS, SHIPPED, WORN
from tests.apps.browser import SECONDS
from tests.pictures import encoded

SURE = {"accuracy": {"value": 0.951, "n": 2110}, "rest": {"value": 0.618, "n": 1327}}


@pytest.fixture(scope="module")
def face():
    (face,) = predict(skimage.data.astronaut())
    return replace(face, other=None, smile=None)


def test_a_doubtful_answer_is_not_sure_and_says_why(face):
    highest = float(face.probabilities.max())
    doubt = how_sure({"not_sure_below": 0.6, "sure": SURE})
    assert "Under 60%" in doubt
    assert "62% of 1,327" in doubt
    assert "95% of 2,110" in doubt
    sure, doubtful = (replace(face, not_sure_below=highest + more) for more in (0, 1e-6))
    assert f"<b>{face.label} {highest:.0%}</b>" in html_verdict(sure, doubt)
    assert doubt not in html_verdict(sure, doubt)
    assert face.label in face_caption(1, sure)
    assert "<b>not sure</b>" in html_verdict(doubtful, doubt)
    assert doubt in html_verdict(doubtful, doubt)
    assert all(f">{name}<" in html_verdict(doubtful, doubt) for name in CLASSES)
    assert face_caption(1, doubtful) == "1: not sure"


@pytest.mark.parametrize("sure", [{}, {"sure": {"accuracy": None, "rest": SURE["rest"]}}])
def test_a_threshold_without_figures_is_said_alone(sure):
    assert "reaches the 60%" in how_sure({"not_sure_below": 0.6} | sure)


def test_a_record_without_threshold_knows_no_doubt(face):
    assert how_sure({}) == ""
    assert "not sure" not in html_verdict(replace(face, not_sure_below=0.0), "")


def test_what_is_worn_and_what_none_of_the_four_words_says_stand_by_the_verdict(face):
    assert "None of the four" not in html_verdict(face, "")
    told = replace(face, other=0.7, smile=0.65, mask=True, nose_covered=False)
    assert "<b>smile 65%</b>" in html_verdict(told, "")
    assert "None of the four: 70% (a smile: 65%)" in html_verdict(told, "")
    assert "mask seen" in html_verdict(told, "")
    assert "nose bare" in html_verdict(told, "")


def test_the_accuracy_is_named_as_it_was_measured():
    result = {"accuracy": 0.8, "n": 3437, "measured": "clean 0–8, out of fold"}
    assert "80.0% of 3,437 (clean 0–8, out of fold;" in how_good({"result": result})
    both = how_good(load_network(SHIPPED).record)
    for share in stated_headlines(load_network(SHIPPED).record).values():
        assert f"{share.percent}% (95% interval {share.interval}) of " in both
        assert f"{share.n:,}" in both
        assert f"{share.spread}%" in both
    assert "whose photograph stands once in FER2013" in both
    assert "not recorded" in how_good({})


def test_what_is_known_of_real_masks_is_as_it_was_measured():
    rates = read_json(WORN)["networks"][SHIPPED.stem]
    told = how_worn(rates)
    for what in ("worn neutral named neutral", "worn masks seen", "bare faces called masked"):
        rate = rates[what]
        assert f"{rate['value']:.1%}" in told
        assert f" {rate['n']} " in told
    assert f"{rates['worn neutral surely named another']['value']:.1%} surely" in told
    assert f"sure of {rates['worn neutral sure']['value']:.1%}" in told
    assert "vision-language models, not people" in told
    assert how_worn({}) == ""


def test_a_visitor_is_told_under_which_prior_photographs_are_answered():
    network = load_network(SHIPPED)
    assert f"{network.neutral_shift:g} is added to neutral's log-odds" in which_prior(network)
    assert "Of actors" in which_prior(network)
    assert which_prior(under_prior(network, "ferm")) == ""


def test_a_network_of_the_paper_s_recipe_says_that_it_is_one():
    assert "beyond the paper's recipe" in how_measured(load_network(SHIPPED).record)
    assert "FERM v1, clean 0, validation; the paper's recipe, 30 epochs" in how_measured(
        load_network(MODELS / "cnn.onnx").record
    )
    assert how_measured({}) == "not recorded"


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
    from apps.demo_parts.live_tab import answer_frame

    def answer(data):
        return answer_frame(f"data:image/jpeg;base64,{b64encode(data).decode()}", network)

    network = load_network(SHIPPED)
    masked, _ = example_photographs()[0]
    told = answer(encoded(Image.fromarray(masked), "JPEG"))
    assert told["faces"].count("<div") == 1
    assert "mask seen" in told["said"]
    assert "No face" in answer(encoded(Image.new("RGB", (64, 48)), "JPEG"))["said"]
    assert "expected a JPEG" in answer(b"Dear all")["said"]
    for frame in (None, 7, "https://example.org/a.jpg", "data:image/jpeg;base64,%%"):
        assert "Expected a frame" in answer_frame(frame, network)["said"]


def test_the_examples_show_several_people_and_expressions():
    network = load_network(SHIPPED)
    read = {caption: predict(image_rgb, network) for image_rgb, caption in example_photographs()}
    assert all(read.values())
    assert len(read["Several"]) == 4
    found = [face for faces in read.values() for face in faces]
    assert len({face.label for face in found}) >= 3
    # What a visitor reads of them: names that are sure, and a smile.
    captions = {short_caption(face).rsplit(" ", 1)[0] for face in found} - {"not"}
    assert len(captions) >= 3
    assert {face.mask for faces in read.values() for face in faces} == {True, False}


def test_a_marked_square_is_one_more_face():
    reading = find_faces(as_reading(skimage.data.astronaut()), load_network(SHIPPED))
    assert (len(reading.faces), reading.marked) == (1, 0)
    reading = add_square(reading, (0, 0, 512), load_network(SHIPPED))
    assert (len(reading.faces), reading.marked) == (2, 1)


def test_a_large_photograph_is_kept_reduced():
    reading = as_reading(np.zeros((3000, 4000, 3), np.uint8))
    assert (reading.wh, reading.image_rgb.shape) == ((2048, 1536), (1536, 2048, 3))


def test_faces_are_looked_for_once_a_photograph(monkeypatch):
    network, looked = load_network(SHIPPED), []
    reading = find_faces(as_reading(skimage.data.astronaut()), network)
    looks = "fermask.photographs.prediction.detect_faces"
    monkeypatch.setattr(looks, lambda *_: looked.append(1) or [])
    marked = add_square(reading, (0, 0, 300), network)
    assert len(draw_seen(marked, marked.faces[1])) == 3
    trial = try_mask(marked.image_rgb, marked.faces[0], "cloth", model=network)
    assert len(draw_trial(marked, marked.faces[0], trial)) == 2
    assert looked == []
    assert find_faces(reading, network).faces == ()
    assert looked == [1]


def test_a_film_is_a_chart_of_its_largest_face_over_time(face):
    rows = as_rows("a<b>.mp4", [face, face], frame=0, seconds=0.0)
    rows += as_rows("a<b>.mp4", [], frame=10, seconds=4.0)
    smile = replace(face, other=0.75, smile=0.7, probabilities=np.full(4, 0.25))
    assert "transparent 25.0%" in html_films(as_rows("a.mp4", [smile], frame=0, seconds=0.0))
    chart = html_films(rows + as_rows("still.jpg", [face]))
    assert chart.count("<i ") == 2
    assert chart.count("linear-gradient") == 1
    assert "a&lt;b&gt;.mp4, 0 to 4 s" in chart
    assert html_films(as_rows("still.jpg", [face])) == ""


def test_names_are_shown_as_they_are_and_never_run(face):
    rows = as_rows("<script>alert(1)</script>", [face]) + as_rows("<b>.jpg", [], "<i>no</i>")
    shown = html_album(rows, {0: b""})
    assert "<script" not in shown
    assert "<b>.jpg" not in shown
    assert "&lt;i&gt;no" in shown


def test_a_photograph_s_name_spans_the_rows_of_its_faces(face):
    shown = html_album(as_rows("a.jpg", [face] * 3) + as_rows("b.jpg", []), {0: b""})
    assert shown.count("a.jpg") == shown.count("b.jpg") == 1
    assert 'rowspan="3"' in shown
    assert shown.count("<tr>") == 5
