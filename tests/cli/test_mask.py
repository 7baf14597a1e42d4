"""``fermask mask``: a picture with masks on it, or a sentence."""

import sys

import numpy as np
import pytest
import skimage.data
from PIL import Image

from fermask.cli.command import main
from fermask.photographs.photograph import read_photograph
from fermask.photographs.prediction import predict, try_mask


@pytest.fixture
def photo(tmp_path):
    path = tmp_path / "astronaut.png"
    Image.fromarray(skimage.data.astronaut()).save(path)
    return path


def test_the_face_wears_the_mask_that_was_asked_for(photo, tmp_path, capsys):
    out = tmp_path / "masked.png"
    arguments = [str(photo), "--style", "cloth", "--seed", "2", "--colour", "#c81e1e"]
    assert main(["mask", *arguments, "--out", str(out)]) == 0
    said = capsys.readouterr()
    (face,) = predict(photo)
    trial = try_mask(skimage.data.astronaut(), face, "cloth", 2, colour_rgb=(200, 30, 30))
    np.testing.assert_array_equal(read_photograph(out), trial.image_rgb)
    assert said.out == f"1: {face.label} without a mask, {trial.prediction.label} with one\n"
    assert said.err == ""


def test_a_mask_as_worn_takes_a_fit_and_a_print_and_says_that_the_nose_shows(
    photo, tmp_path, capsys
):
    out = tmp_path / "masked.png"
    arguments = [str(photo), "--style", "printed", "--print", "dots", "--fit", "under the nose"]
    assert main(["mask", *arguments, "--out", str(out)]) == 0
    assert capsys.readouterr().err == "1: nose tip: not covered\n"
    (face,) = predict(photo)
    trial = try_mask(
        skimage.data.astronaut(), face, "printed", fit="under the nose", printed="dots"
    )
    np.testing.assert_array_equal(read_photograph(out), trial.image_rgb)
    assert main(["mask", *arguments[:3], "--fit", "drawn", "--seed", "3", "--out", str(out)]) == 0
    trial = try_mask(skimage.data.astronaut(), face, "printed", 3, fit=None)
    np.testing.assert_array_equal(read_photograph(out), trial.image_rgb)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            ["astronaut.png", "--out", "out.png", "--style", "dark", "--print", "dots"],
            "Dark is drawn plainly, as FERM's masks are",
        ),
        (["nobody.png", "--out", "out.png"], "nobody.png: there is no such file"),
        (["grey.png", "--out", "out.png"], "grey.png: no bare face was found"),
        (["astronaut.png", "--out", "out.psd"], "expected a name that ends in .jpg"),
        (["astronaut.png", "--out", "astronaut.png"], "is the photograph itself"),
        (["astronaut.png", "--out", "out.png", "--colour", "red"], "such as #a5d7e1"),
        (["astronaut.png", "--out", "out.png", "--style", "scarf"], "invalid choice: 'scarf'"),
    ],
)
def test_what_cannot_be_masked_is_one_sentence(arguments, sentence, photo, capsys, monkeypatch):
    monkeypatch.chdir(photo.parent)
    Image.new("RGB", (60, 40), "grey").save("grey.png")
    before = photo.read_bytes()
    with pytest.raises(SystemExit) as ended:
        main(["mask", *arguments])
    assert ended.value.code
    assert sentence in capsys.readouterr().err
    assert sorted(path.name for path in photo.parent.iterdir()) == ["astronaut.png", "grey.png"]
    assert photo.read_bytes() == before


def test_without_dlib_the_extra_is_named(photo, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(SystemExit, match="1"):
        main(["mask", str(photo), "--out", str(tmp_path / "out.png")])
    assert capsys.readouterr().err == (
        "Error: fermask mask needs dlib, which is not installed: `pip install 'fermask[mask]'`.\n"
    )


def test_a_function_that_needs_dlib_names_the_extra_too(monkeypatch):
    import fermask

    (face,) = fermask.predict(skimage.data.astronaut())
    monkeypatch.setitem(sys.modules, "dlib", None)
    with pytest.raises(ImportError, match=r"needs dlib.*pip install 'fermask\[mask\]'"):
        fermask.try_mask(skimage.data.astronaut(), face, "surgical")
