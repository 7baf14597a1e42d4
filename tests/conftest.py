"""What several tests share."""

import os
import sys
from pathlib import Path

import hypothesis
import pytest

# The tests run side by side: BLAS threads would only wait for each other.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# No test pulls the plug, and none waits for the disk.
os.fsync = lambda handle: None

# On a busy machine an example takes as long as it takes.
hypothesis.settings.register_profile(
    "ferm", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("ferm")

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(autouse=True)
def keep_main(monkeypatch):
    """Streamlit's tests leave their script as __main__, where new processes look for ours."""
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])


# What loads TensorFlow, which takes seconds, or trains the tiny run, which takes as many.
KERAS = (
    *("tests/apps/test_additions.py", "tests/networks", "tests/photographs/test_shipped.py"),
    *("tests/reporting/test_figures.py", "tests/scripts/studies", "tests/scripts/test_evaluate.py"),
    *("tests/scripts/test_own_photographs.py", "tests/scripts/test_train.py", "tests/training"),
)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Under ``--dist loadfile`` what is dear to make is made in one of the processes alone."""
    from xdist.scheduler import LoadFileScheduling

    class Together(LoadFileScheduling):
        def _split_scope(self, nodeid):
            if nodeid.startswith(KERAS):
                return "keras"
            # Some of these share the real FER2013.
            if nodeid.startswith("tests/dataset/"):
                return "dataset"
            return super()._split_scope(nodeid)

    return Together(config, log) if config.getvalue("dist") == "loadfile" else None


@pytest.fixture(scope="session")
def real_fer2013():
    """The real FER2013 and FER+, or the test is skipped."""
    from fermask.dataset.fer2013_files import find_fer2013

    named = os.environ.get("FER2013")
    folder = Path(named) if named else ROOT.parent / "shared" / "data"
    try:
        files = find_fer2013(folder)
    except FileNotFoundError:
        pytest.skip(f"FER2013 is not in {folder}; set FER2013 to the folder that holds it.")
    if files.ferplus is None:
        pytest.skip(f"FER+ (fer2013new.csv) is not in {folder}, beside FER2013.")
    return files


@pytest.fixture(scope="session")
def real_faces(real_fer2013):
    """The real FER2013, read; no test changes it."""
    from fermask.dataset.fer2013 import read_fer2013

    return read_fer2013(real_fer2013.fer2013)


@pytest.fixture
def eagerly():
    """TensorFlow in steps, as ``tests.tiny_network.eager_tensorflow`` has it."""
    from tests.tiny_network import eager_tensorflow

    with eager_tensorflow():
        yield


@pytest.fixture
def tiny_network(eagerly, monkeypatch):
    """Makes ``tests.tiny_network`` one of the networks."""
    from fermask.networks import NETWORKS
    from tests.tiny_network import TINY, tiny

    monkeypatch.setitem(NETWORKS, TINY, f"{tiny.__module__}:{tiny.__name__}")


@pytest.fixture(scope="session")
def tiny_set(tmp_path_factory):
    """A FERM set of 80 rendered faces, and the folder that holds it."""
    from fermask.dataset.manifest import write
    from tests.tiny_set import tiny_ferm

    ferm, folder = tiny_ferm(), tmp_path_factory.mktemp("sets") / "tiny"
    write(ferm, folder)
    return ferm, folder


@pytest.fixture(scope="session")
def tiny_run(tiny_set, tmp_path_factory):
    """The folder of an M-Xception run on the tiny set: fold 0 held back, two epochs."""
    from fermask.training.settings import TrainingSettings
    from fermask.training.training import train
    from fermask.training.training_data import ferm_examples

    folder = tmp_path_factory.mktemp("runs") / "tiny"
    # Batches of one size: TensorFlow takes seconds to trace a step of another.
    train(ferm_examples(tiny_set[0], "clean", 0), TrainingSettings(epochs=2, batch_size=37), folder)
    return folder


@pytest.fixture(scope="session")
def tiny_export(tiny_set, tiny_run, tmp_path_factory):
    """A folder with ``tiny.keras``, ``.onnx`` and ``.json``."""
    from fermask.training.export import export_run

    folder = tmp_path_factory.mktemp("exports")
    export_run(tiny_run, tiny_set[0], folder / "tiny")
    return folder
