"""``python -m scripts.build_ferm``: the set, or a sentence and an exit status."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pytest

from fermask.dataset import building, fer2013_csv
from fermask.dataset.manifest import BARE, MANIFEST, MASKED, load, same_images
from fermask.faces.labels import FER2013_EMOTIONS
from fermask.system.kept import CHECKSUMS
from fermask.system.paths import PUBLISHED
from scripts.build_ferm import main
from scripts.sets import check_places
from tests.tiny import stand_for_fer2013, write_fer2013
from tests.tiny_fer2013 import TinyFer2013

ROOT = Path(__file__).resolve().parents[2]
FILES = (MANIFEST, MASKED, BARE, CHECKSUMS)


@pytest.fixture(autouse=True)
def no_usual_places(monkeypatch):
    monkeypatch.delenv("FER2013", raising=False)


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    return TinyFer2013().write(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="module")
def built(source, tmp_path_factory):
    """A set built by one process; every usage but PrivateTest, all that pass."""
    out = tmp_path_factory.mktemp("built") / "ferm"
    assert build(source, out) == 0
    return out


def build(source, out, *options, quotas="none", jobs=1):
    given = ["--fer2013", str(source), "--out", str(out), "--quotas", quotas, "--jobs", str(jobs)]
    return main([*given, *map(str, options)])


def complaint(capsys, *arguments, **options):
    """The sentence on standard error of a build that fails."""
    with pytest.raises(SystemExit) as ended:
        build(*arguments, **options)
    assert ended.value.code == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    (sentence,) = [line for line in printed.err.splitlines() if line.startswith("Error: ")]
    return sentence


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_folder_with_a_set_and_nothing_else_is_left(source, tmp_path, capsys):
    assert build(source, tmp_path / "deep" / "ferm") == 0
    assert sorted(path.name for path in (tmp_path / "deep").iterdir()) == ["ferm"]
    assert set(contents(tmp_path / "deep" / "ferm")) == set(FILES)
    printed = capsys.readouterr()
    assert printed.out == ""
    for words in ("Reading", "landmarks", "conflicting_twin", "26 faces", "8 sad"):
        assert words in printed.err


def test_the_same_bytes_with_two_processes(source, built, tmp_path):
    assert build(source, tmp_path / "ferm", jobs=2) == 0
    assert contents(tmp_path / "ferm") == contents(built)


def test_a_set_is_replaced_by_the_next(source, built, tmp_path):
    out = tmp_path / "ferm"
    assert build(source, out, "--usage", "PublicTest") == 0
    assert set(load(out).manifest["usage"]) == {"PublicTest"}
    assert build(source, out) == 0
    assert contents(out) == contents(built)


def test_the_current_folder_may_be_the_set(source, built, tmp_path, monkeypatch):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    assert build(source, ".") == 0
    assert contents(tmp_path / "here") == contents(built)
    assert [path.name for path in tmp_path.iterdir()] == ["here"]


def test_files_are_found_as_everywhere(source, built, tmp_path, monkeypatch):
    monkeypatch.setenv("FER2013", str(source))
    assert main(["--out", str(tmp_path / "ferm"), "--quotas", "none"]) == 0
    assert contents(tmp_path / "ferm") == contents(built)


def test_private_test_of_a_full_file_without_twins_of_training(source, tmp_path, capsys):
    assert build(source, tmp_path / "ferm", "--usage", "PrivateTest") == 0
    ferm = load(tmp_path / "ferm")
    assert ferm.manifest["row"].to_list() == TinyFer2013().rows["private"]
    funnel = ferm.funnel.set_index("step")
    assert funnel.loc["twin_of_training"].sum() == 1
    assert "twin_of_training" in capsys.readouterr().err


def test_private_test_alone_says_that_twins_of_training_cannot_be_told(tmp_path, capsys):
    rows = TinyFer2013()
    ours = np.flatnonzero(np.array(rows.usages) == "PrivateTest")
    source = in_order(rows, ours).write(tmp_path / "source")
    assert build(source, tmp_path / "ferm", "--usage", "PrivateTest") == 0
    assert "holds PrivateTest alone: faces whose photograph is in" in capsys.readouterr().err
    ferm = load(tmp_path / "ferm")
    assert len(ferm.manifest) == len(ours)
    assert all("twin_of_training" not in passed for passed in ferm.manifest["passed"])


def in_order(rows, order):
    """The rows of a tiny FER2013 in another order, without their names."""
    for name in ("pixels", "emotions", "usages", "votes"):
        setattr(rows, name, [getattr(rows, name)[i] for i in order])
    return rows


def test_a_reordered_file_gives_the_same_set_and_says_so(tmp_path, monkeypatch, capsys):
    rows = TinyFer2013(private=False)
    rows = in_order(rows, np.argsort([usage == "PublicTest" for usage in rows.usages]))
    stand_for_fer2013(monkeypatch, rows.pixels, rows.usages)
    source = rows.write(tmp_path / "source")
    assert build(source, tmp_path / "kaggles") == 0
    assert "put at FER2013's rows" not in capsys.readouterr().err
    mixed = in_order(rows, np.random.default_rng(0).permutation(len(rows.pixels)))
    write_fer2013(source / "fer2013.csv", mixed.pixels, mixed.emotions, mixed.usages)
    assert build(source, tmp_path / "mixed") == 0
    assert "were recognised by their pixels and put at FER2013's rows" in capsys.readouterr().err
    assert contents(tmp_path / "mixed") == contents(tmp_path / "kaggles")


def test_without_ferplus_the_labels_are_fer2013s_own(tmp_path, capsys):
    source = TinyFer2013().write(tmp_path / "source", ferplus=False)
    assert build(source, tmp_path / "ferm") == 0
    assert "no fer2013new.csv beside" in (told := capsys.readouterr().err)
    assert "labels are FER2013's own" in told
    assert load(tmp_path / "ferm").name.endswith("FER2013 labels")


def write_class_folders(rows, folder):
    for number, (picture, emotion, usage) in enumerate(
        zip(rows.pixels, rows.emotions, rows.usages, strict=True)
    ):
        split = "test" if usage == "PrivateTest" else "train"
        path = folder / split / FER2013_EMOTIONS[emotion] / f"{number:03}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(path), picture)
    return folder


def test_class_folders_are_built_with_fer2013s_labels_and_told_so(tmp_path, capsys):
    rows = TinyFer2013()
    source = write_class_folders(rows, tmp_path / "folders")
    assert build(source, tmp_path / "ferm") == 0
    told = capsys.readouterr().err
    assert "Class folders have lost FER2013's row order" in told
    assert "labels are FER2013's own" in told
    ferm = load(tmp_path / "ferm")
    names = {int(file.split("/")[-1].removesuffix(".png")) for file in ferm.manifest["file"]}
    assert set(rows.rows["good"]) <= names
    for row, file, label in ferm.manifest[["row", "file", "label"]].itertuples(index=False):
        number = int(file.split("/")[-1].removesuffix(".png"))
        place = ferm.manifest["row"].to_list().index(row)
        np.testing.assert_array_equal(ferm.bare[place], rows.pixels[number])
        assert file.split("/")[1] == label


def test_class_folders_of_test_leave_out_twins_of_training(tmp_path):
    rows = TinyFer2013()
    source = write_class_folders(rows, tmp_path / "folders")
    assert build(source, tmp_path / "ferm", "--usage", "PrivateTest") == 0
    files = load(tmp_path / "ferm").manifest["file"]
    numbers = sorted(int(file.split("/")[-1].removesuffix(".png")) for file in files)
    assert numbers == rows.rows["private"]


def test_too_few_faces_for_table_2(source, tmp_path, capsys):
    sentence = complaint(capsys, source, tmp_path / "ferm", quotas="table2")
    assert "Only 7 neutral faces have a label that passes, but the quota is 1,120" in sentence
    assert "--quotas none" in sentence
    assert list(tmp_path.iterdir()) == []


def test_no_fer2013(tmp_path, capsys):
    assert "does not exist" in complaint(capsys, tmp_path / "none", tmp_path / "ferm")


def test_a_wrong_file_is_named_with_its_row(source, tmp_path, capsys):
    text = (source / "fer2013.csv").read_text()
    wrong = tmp_path / "fer2013.csv"
    wrong.write_text(text.replace(",Training", ",Trainig", 1))
    sentence = complaint(capsys, wrong, tmp_path / "ferm")
    assert f"{wrong}, row 0 (line 2): Usage is 'Trainig'" in sentence
    assert not (tmp_path / "ferm").exists()


def test_a_file_in_the_way(source, tmp_path, capsys):
    (tmp_path / "ferm").write_text("notes")
    assert "is a file; expected the name of a folder" in complaint(
        capsys, source, tmp_path / "ferm"
    )
    assert (tmp_path / "ferm").read_text() == "notes"


def test_a_cluster_that_is_not_there_is_told_before_the_build(
    source, tmp_path, capsys, monkeypatch
):
    monkeypatch.setattr("fermask.system.workers._SECONDS_TO_ANSWER", 0.5)
    sentence = complaint(capsys, source, tmp_path / "ferm", "--scheduler", "tcp://127.0.0.1:9")
    assert "No Dask scheduler answers at 'tcp://127.0.0.1:9'" in sentence
    assert not (tmp_path / "ferm").exists()


# -- As a reviewer's marks have it ---------------------------------------------------------


def marks_csv(path, *lines):
    path.write_text("\n".join(["row,verdict,suggestion", *lines]) + "\n", encoding="utf-8")
    return path


def test_a_review_makes_a_set_of_its_own_name(source, built, tmp_path, capsys):
    before = load(built)
    rows = before.manifest["row"].to_list()
    lines = [f"{rows[0]},not a face,", f"{rows[1]},wrong label,angry", f"{rows[2]},keep,"]
    assert build(source, tmp_path / "a", "--review", marks_csv(tmp_path / "a.csv", *lines)) == 0
    told = capsys.readouterr().err
    other = marks_csv(tmp_path / "b.csv", *reversed(lines))
    assert build(source, tmp_path / "b", "--review", other) == 0
    assert contents(tmp_path / "a") == contents(tmp_path / "b")
    after = load(tmp_path / "a")
    assert same_images(after)
    assert after.name.startswith(f"{before.name} reviewed ")
    assert after.manifest["row"].to_list() == rows[1:]
    assert after.manifest["label"][0] == "angry"
    assert after.manifest["label"][1:].to_list() == before.manifest["label"][2:].to_list()
    assert f"{after.name}: 25 faces" in told
    assert "1 face left out (1 not a face), 1 relabelled, 1 kept" in told
    assert " review " in told


def test_a_wrong_review_is_told_before_the_build_where_it_can_be(source, tmp_path, capsys):
    wrong = marks_csv(tmp_path / "marks.csv", "0,keep,", "1,fine,")
    sentence = complaint(capsys, source, tmp_path / "ferm", "--review", str(wrong))
    assert f"{wrong}, row 2 (line 3), column verdict: 'fine'" in sentence
    assert sorted(path.name for path in tmp_path.iterdir()) == ["marks.csv"]
    absent = marks_csv(tmp_path / "marks.csv", "9999,keep,")
    sentence = complaint(capsys, source, tmp_path / "ferm", "--review", str(absent))
    assert "row 1 (line 2), column row: FER2013's row 9999 is not among the 26 faces" in sentence
    assert not (tmp_path / "ferm").exists()


def test_no_review_is_built_over_the_published_set(source, tmp_path, capsys):
    marks = marks_csv(tmp_path / "marks.csv", "0,keep,")
    sentence = complaint(capsys, source, PUBLISHED, "--review", str(marks))
    assert "the place of the published FERM" in sentence


def test_results_of_another_set_stay_out_of_what_is_published(built):
    with pytest.raises(ValueError, match="about the published FERM alone"):
        check_places(load(built), PUBLISHED.parent / "runs" / "clean-0")
    check_places(load(built), built)
    check_places(load(PUBLISHED), PUBLISHED.parent / "runs" / "clean-0")


# -- Interrupted ---------------------------------------------------------------------------


# The command with small chunks, which stops where the first of them is stored.
HELD = """
import sys, threading
from scripts.build_ferm import main
from fermask.dataset import face_quality

store = face_quality._store

def store_and_wait(path, array):
    store(path, array)
    if path.name.startswith("faces-"):
        threading.Event().wait()

face_quality.CHUNK, face_quality._store = 10, store_and_wait
sys.exit(main(sys.argv[1:]))
"""


@pytest.fixture
def default_ctrl_c():
    """Programs started here hear Ctrl-C, even if these tests run in a script's background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def started(source, out):
    """The command in two processes, with some of its work stored; its group is its own."""
    command = [sys.executable, "-c", HELD, "--fer2013", str(source), "--out", str(out)]
    command += ["--quotas", "none", "--jobs", "2"]
    process = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    )
    work = out.parent / f".{out.name}.unfinished"
    while not list(work.glob("faces-*.npy")):
        assert process.poll() is None, process.stderr.read().decode()
        time.sleep(0.02)
    return process


def assert_goes_on(source, out, complete, monkeypatch, capsys):
    assert not (out / MANIFEST).exists()
    capsys.readouterr()
    monkeypatch.setattr("fermask.dataset.face_quality.CHUNK", 10)
    assert build(source, out, jobs=1) == 0
    assert "duplicates" not in capsys.readouterr().err
    assert contents(out) == contents(complete)
    assert [path.name for path in out.parent.iterdir()] == [out.name]


def test_fer2013_changed_after_it_was_read_changes_no_byte(source, built, tmp_path, monkeypatch):
    shutil.copytree(source, tmp_path / "source")
    measure = building.measure

    def changed_first(*arguments):
        (tmp_path / "source" / "fer2013.csv").write_text("emotion,pixels,Usage\n")
        return measure(*arguments)

    monkeypatch.setattr(building, "measure", changed_first)
    assert build(tmp_path / "source", tmp_path / "ferm") == 0
    assert contents(tmp_path / "ferm") == contents(built)


def test_fer2013_changed_while_it_is_read_is_a_sentence(source, tmp_path, monkeypatch, capsys):
    shutil.copytree(source, tmp_path / "source")
    csv = tmp_path / "source" / "fer2013.csv"
    parse = fer2013_csv._parse_faces

    def changed_meanwhile(*arguments):
        with csv.open("a") as file:
            file.write(csv.read_text().splitlines()[-1] + "\n")
        return parse(*arguments)

    monkeypatch.setattr(fer2013_csv, "_parse_faces", changed_meanwhile)
    said = complaint(capsys, tmp_path / "source", tmp_path / "ferm")
    assert said == f"Error: {csv} was changed while it was read. Try again once it is whole."
    assert sorted(path.name for path in tmp_path.iterdir()) == ["source"]


def test_a_killed_build_goes_on_and_leaves_no_process(source, built, tmp_path, monkeypatch, capsys):
    process = started(source, tmp_path / "ferm")
    process.kill()
    # Ends once nobody holds the pipes any more, the other processes included.
    process.communicate(timeout=300)
    assert process.returncode == -signal.SIGKILL
    assert_goes_on(source, tmp_path / "ferm", built, monkeypatch, capsys)


def test_ctrl_c_is_one_sentence_and_the_same_command_goes_on(
    default_ctrl_c, source, built, tmp_path, monkeypatch, capsys
):
    process = started(source, tmp_path / "ferm")
    os.killpg(process.pid, signal.SIGINT)
    printed, told = process.communicate(timeout=300)
    assert process.returncode == 130
    assert printed == b""
    assert b"Interrupted. What is already computed is kept; the same command goes on." in told
    assert b"Traceback" not in told
    assert_goes_on(source, tmp_path / "ferm", built, monkeypatch, capsys)
