"""A file that is not CenterFace is refused with a sentence, and nothing is written."""

import pytest

from fermask.system.paths import SHIPPED
from scripts.studies.export_centerface import main


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda folder: folder / "none.onnx", "no such file"),
        (lambda folder: text_file(folder), "expected an ONNX file"),
        (lambda folder: SHIPPED, "another network than CenterFace"),
    ],
)
def test_what_is_not_centerface_is_refused(tmp_path, capsys, make, said):
    with pytest.raises(SystemExit) as ended:
        main([str(make(tmp_path)), "--out", str(tmp_path / "out.onnx")])
    assert ended.value.code == 1
    error = capsys.readouterr().err
    assert error.startswith("Error: ")
    assert said in error
    assert not (tmp_path / "out.onnx").exists()


def text_file(folder):
    path = folder / "words.onnx"
    path.write_text("words")
    return path
