"""A damaged run is told by the name of its file, and is never gone on with."""

from types import SimpleNamespace

import pandas as pd
import pytest

from fermask.system.kept import CHECKSUMS, DamagedFile, note_files
from fermask.training import run_folder
from fermask.training.run_folder import (
    CHECKPOINT,
    HISTORY,
    RUN,
    interrupted_run,
    load_model,
    record_run,
)
from fermask.training.settings import TrainingSettings

EXAMPLES = SimpleNamespace(
    name="a set", images_sha256="1", source_sha256="2", classes=("sad",), is_own=False
)


@pytest.mark.parametrize("text", ["[]", "{}", "null", '{"settings": []}', "{", '"a"'])
def test_a_record_that_says_nothing_is_a_sentence(tmp_path, text):
    (tmp_path / RUN).write_text(text)
    with pytest.raises(ValueError, match=RUN):
        record_run(EXAMPLES, TrainingSettings(), tmp_path, None)


def test_a_record_is_known_again_and_a_flipped_bit_in_it_is_told(tmp_path):
    for _ in range(2):
        record_run(EXAMPLES, TrainingSettings(), tmp_path, None)
    text = (tmp_path / RUN).read_text()
    (tmp_path / RUN).write_text(text.replace('"epochs": 100', '"epochs": 101'))
    with pytest.raises(DamagedFile, match=RUN):
        record_run(EXAMPLES, TrainingSettings(), tmp_path, None)


@pytest.mark.parametrize("epochs", [0, 2])
def test_a_history_shorter_than_its_checkpoint_trains_no_epoch_twice(tmp_path, monkeypatch, epochs):
    model = SimpleNamespace(optimizer=SimpleNamespace(iterations=30))
    monkeypatch.setattr(run_folder, "load_model", lambda path: model)
    (tmp_path / CHECKPOINT).touch()
    rows = [{"epoch": i + 1} for i in range(3)]
    pd.DataFrame(rows).to_csv(tmp_path / HISTORY, index=False)
    assert len(interrupted_run(tmp_path, 10)[1]) == 3
    pd.DataFrame(rows[:epochs], columns=["epoch"]).to_csv(tmp_path / HISTORY, index=False)
    with pytest.raises(DamagedFile, match=f"{HISTORY} tells of {epochs} epochs"):
        interrupted_run(tmp_path, 10)
    (tmp_path / HISTORY).write_text("")
    with pytest.raises(DamagedFile, match=HISTORY):
        interrupted_run(tmp_path, 10)


def test_weights_that_are_none_are_a_sentence(tmp_path):
    path = tmp_path / "model.keras"
    path.write_bytes(b"PK\x03\x04" + bytes(100))
    with pytest.raises(DamagedFile, match=r"model\.keras cannot be read"):
        load_model(path)
    note_files(tmp_path, [path.name])
    path.write_bytes(b"PK\x03\x05" + bytes(100))
    with pytest.raises(DamagedFile, match=CHECKSUMS):
        load_model(path)


def test_weights_with_code_in_them_are_refused(tmp_path):
    import keras

    made = str(tmp_path / "made")
    code = keras.layers.Lambda(lambda x: (__import__("os").makedirs(made, exist_ok=True), x)[1])
    face = keras.Input((2,))
    keras.Model(face, code(face)).save(tmp_path / "trap.keras")
    (tmp_path / "made").rmdir()
    with pytest.raises(DamagedFile, match="trap"):
        load_model(tmp_path / "trap.keras")
    assert not (tmp_path / "made").exists()
