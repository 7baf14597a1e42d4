"""How the commands find a set, and FER2013 where it has no images."""

import argparse

import numpy as np
import pytest

from fermask.dataset.manifest import BARE, MASKED, load, same_images, write
from scripts.sets import add_set_arguments, load_set
from tests.small import small_fer2013, small_ferm
from tests.tiny import write_fer2013


@pytest.fixture(autouse=True)
def no_usual_places(monkeypatch):
    monkeypatch.delenv("FER2013", raising=False)


@pytest.fixture
def source(tmp_path):
    """The folder of FER2013."""
    return tmp_path / "fer2013"


@pytest.fixture
def built(source, tmp_path):
    """A set with its images, of that FER2013."""
    write(small_fer2013(source, small_ferm()), tmp_path / "built")
    return tmp_path / "built"


def found(*arguments):
    parser = argparse.ArgumentParser()
    add_set_arguments(parser)
    return load_set(parser.parse_args([str(each) for each in arguments]))


def test_a_set_with_images_needs_no_fer2013(built, capsys):
    ferm = found("--ferm", built)
    assert same_images(ferm)
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("missing", [(MASKED, BARE), (MASKED,), (BARE,)])
def test_missing_images_are_drawn_from_fer2013(built, source, tmp_path, capsys, missing):
    write(load(built), tmp_path / "set")
    for name in missing:
        (tmp_path / "set" / name).unlink()
    ferm = found("--ferm", tmp_path / "set", "--fer2013", source)
    assert same_images(ferm)
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "Drawing the faces of" in printed.err
    with pytest.raises(FileNotFoundError, match="--fer2013"):
        found("--ferm", tmp_path / "set", "--fer2013", tmp_path / "none")


def test_pixels_that_differ_from_the_build_are_refused(built, tmp_path):
    ferm = load(built)
    ferm.masked[0, 40, 24] ^= 1
    write(ferm, tmp_path)
    with pytest.raises(ValueError, match="holds other pixels than those that"):
        found("--ferm", tmp_path)


def test_no_set(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"scripts\.build_ferm"):
        found("--ferm", tmp_path)


def test_a_set_and_another_fer2013(built, tmp_path):
    write(load(built), tmp_path / "set")
    (tmp_path / "set" / BARE).unlink()
    (tmp_path / "other").mkdir()
    noise = np.random.default_rng(1).integers(0, 256, (16, 48, 48), dtype=np.uint8)
    other = tmp_path / "other" / "fer2013.csv"
    write_fer2013(other, noise, [6] * 16, ["Training"] * 16)
    with pytest.raises(ValueError, match=r"fer2013\.csv is not the FER2013 that .* was built from"):
        found("--ferm", tmp_path / "set", "--fer2013", other)
