"""One home for an addition: each of these adds one, and it is there wherever it is looked for."""

from dataclasses import replace

import numpy as np
import pytest

from apps.explorer_parts import data, pages
from apps.explorer_parts.pages import PAGES, Page
from fermask.dataset.building import build
from fermask.dataset.ferm import FermSettings
from fermask.dataset.manifest import load, write
from fermask.dataset.screening import RULES, Rule
from fermask.exploring.faces_table import faces_table
from fermask.faces.drawing import draw_face
from fermask.faces.landmarks import find_landmarks
from fermask.faces.looks import Shape
from fermask.faces.mask_styles import MASK_STYLES, MaskStyle
from fermask.faces.masking import draw_look, put_mask
from fermask.hosting.set_facts import known_limits
from fermask.networks import NETWORKS
from fermask.networks.inference import load_network
from fermask.networks.predictions import read_predictions
from fermask.reporting.figures import pipeline_steps
from fermask.reporting.paper_report import table_1_section, table_3_section
from fermask.reporting.quality_report import format_quality
from fermask.studies.reproduction import finished_runs
from fermask.system.paths import PUBLISHED
from fermask.training.export import export_run
from fermask.training.settings import TrainingSettings
from fermask.training.training import train
from fermask.training.training_data import ferm_examples
from tests.apps.browser import ROOT
from tests.apps.exploring import html, opened
from tests.faces import face
from tests.tiny_fer2013 import TinyFer2013, read

STRIPED = MaskStyle(
    name="striped",
    palette=((200, 40, 40),),
    relief=lambda across, down: 1 - 0.4 * (np.sin(30 * down) > 0) + 0 * across,
    sag=0.07,
    reach=1.2,
    label="Striped",
    description="stripes across",
)


def glance(classes=4):
    """A network that is trained in a moment."""
    from keras import Input, Model, layers

    face = Input((48, 48, 1), name="face")
    x = layers.Conv2D(8, 8, strides=8, activation="relu", name="features")(face)
    x = layers.GlobalAveragePooling2D()(x)
    x = layers.Dense(classes, activation="softmax", name="probabilities")(x)
    return Model(face, x, name="glance")


@pytest.fixture(scope="class")
def runs(tiny_set, tmp_path_factory):
    runs = tmp_path_factory.mktemp("runs")
    settings = TrainingSettings("glance", epochs=1, batch_size=37)
    examples = ferm_examples(tiny_set[0], settings.protocol, settings.seed)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(NETWORKS, "glance", f"{__name__}:glance")
        train(examples, settings, runs / settings.name)
        yield runs


class TestANetwork:
    def test_answers_once_it_is_trained_and_exported(self, runs, tiny_set, tmp_path):
        ferm = tiny_set[0]
        export_run(runs / "glance-clean-0", ferm, tmp_path / "glance")
        network = load_network(tmp_path / "glance.onnx")
        assert network.name == "glance"
        stored = read_predictions(runs / "glance-clean-0" / "predictions.parquet")
        answer = network.answer(ferm.masked)
        np.testing.assert_allclose(answer.probabilities, stored.probabilities, atol=1e-5)
        assert answer.evidence.shape == (len(ferm.masked), 6, 6, 4)

    def test_stands_in_the_papers_tables_without_a_figure_of_the_paper(self, runs):
        measured = {"glance": [0.1, 0.1], "xception": [0.2, 0.2], "cnn": [0.1, 0.1]}
        pace = {
            "settings": {"rounds": 2, "batches": 4, "batch_size": 64},
            "machine": "a test",
            "backend": "tensorflow",
            "seconds_a_batch": measured,
        }
        text = table_3_section(finished_runs(runs), pace)
        accuracy, seconds = (line for line in text.splitlines() if line.startswith("| glance "))
        assert accuracy.endswith("|  |")
        assert seconds == "| glance | 5.40 | 0.50 (0.50 to 0.50) |  |  |"
        public = finished_runs(runs).assign(protocol="fer2013")
        assert "| glance " in table_1_section(public, None)

    def test_stands_on_the_explorers_models_page(self, runs, folder, monkeypatch):
        monkeypatch.setattr(data, "PUBLISHED_RUNS", runs)
        app = opened("models", ferm_path=folder / "set", table="Table 3: on FERM")
        assert not app.error
        assert app.table[0].value.index.tolist() == ["glance"]
        assert "</i>glance</span>" in html(app)


class TestAScreeningRule:
    RULE = Rule(
        "looks_left",
        "face",
        "the nose points to the picture's left",
        lambda faces, limits: faces["yaw"] < 0,
    )

    @pytest.fixture(autouse=True)
    def among_the_others(self):
        rules = list(RULES.items())
        place = [name for name, _ in rules].index("blurred")
        RULES.clear()
        RULES.update([*rules[:place], (self.RULE.name, self.RULE), *rules[place:]])
        yield
        RULES.clear()
        RULES.update(rules)

    @pytest.fixture
    def ferm(self, tmp_path):
        faces = read(TinyFer2013(private=False).write(tmp_path / "fer2013"))
        return build(faces, FermSettings(quotas=None))

    def test_drops_faces_and_is_counted_everywhere(self, ferm, folder):
        assert (ferm.manifest["yaw"] >= 0).all()
        assert all("looks_left" in passed for passed in ferm.manifest["passed"])
        dropped = int(ferm.funnel.set_index("step").loc["looks_left"].sum())
        assert dropped > 0
        (step,) = (each for each in pipeline_steps(ferm) if "looks_left" in each.parts)
        assert step.parts["looks_left"] == -dropped
        write(ferm, folder / "built")
        app = opened("overview", ferm_path=folder / "built", section="Screening")
        steps = app.table[0].value
        assert steps.loc["looks left", "sum"] == dropped
        assert steps.loc["looks left", "meaning"] == self.RULE.meaning
        limits = ferm.about["settings"]["screening"]
        face = faces_table(ferm).iloc[0].copy()
        face["passed"] = ferm.passed_at(0)
        assert self.RULE.meaning in format_quality(face, limits)["meaning"].to_list()

    def test_leaves_older_sets_as_they_are(self):
        published = load(PUBLISHED)
        assert "looks_left" not in set(published.funnel["step"])
        assert len(pipeline_steps(published)) > 2
        assert known_limits(published)
        app = opened("overview", section="Screening")
        assert not app.error


class TestAPage:
    def test_opens_and_knows_the_set(self, folder, monkeypatch):
        file = folder / "counted.py"
        file.write_text(
            "import streamlit as st\n"
            'shown = st.session_state["shown"]\n'
            'st.title(f"{len(shown.table)} faces")\n'
        )
        monkeypatch.setattr(pages, "PAGES", [*PAGES, Page(str(file), "Counted", ":material/tag:")])
        app = opened(file.with_suffix(""), ferm_path=folder / "set")
        assert not app.error
        assert app.title[0].value == "16 faces"

    def test_every_file_of_a_page_has_its_line(self):
        files = {f"explorer_pages/{path.name}" for path in ROOT.glob("apps/explorer_pages/*.py")}
        assert {each.file for each in PAGES} == files


class TestAMaskStyle:
    @pytest.fixture
    def striped(self, monkeypatch):
        monkeypatch.setitem(MASK_STYLES, STRIPED.name, STRIPED)
        return STRIPED.name

    def test_is_drawn_on_a_face_and_passes_the_check(self, striped):
        points = find_landmarks(face()).points_xy
        look = draw_look(0, striped)
        masked = put_mask(face(), points, look)
        assert masked.problems == ()
        # Down the middle of the face light and dark stripes follow each other.
        middle = masked.image[masked.cover[:, 24] == 1, 24].astype(int)
        assert (np.abs(np.diff(np.sign(middle - middle.mean()))) == 2).sum() > 3
        assert draw_face(points, look) != draw_face(points)

    def test_changes_no_look_that_ferm_draws(self, monkeypatch):
        before = [draw_look(seed) for seed in range(50)]
        monkeypatch.setitem(MASK_STYLES, STRIPED.name, STRIPED)
        assert [draw_look(seed) for seed in range(50)] == before

    def test_is_among_those_of_the_demo(self, striped):
        # Gradio takes seconds to load.
        from apps.demo_parts.panels import style_choices, style_pictures

        assert style_choices()[-1] == ("Striped", striped)
        shown = {name for name in MASK_STYLES if f'[value="{name}"]' in style_pictures()}
        assert set(MASK_STYLES) - shown == {striped}

    def test_as_people_wear_them_is_an_outline_with_straps_and_prints(self, monkeypatch):
        shape = Shape(
            upper=((29, 0, 0), (41, 0, 0.2), (1, 0, 0.1)),
            side=((3, 0, 0.03), (6, 0, 0.05)),
            straps=((0, (0, 0.08, 0)),),
        )
        worn = replace(STRIPED, name="striped worn", shape=shape, prints=("dots",))
        monkeypatch.setitem(MASK_STYLES, worn.name, worn)
        look = draw_look(0, worn.name)
        masked = put_mask(face(), find_landmarks(face()).points_xy, look)
        assert masked.problems == ()
        assert look.printed == "dots"
