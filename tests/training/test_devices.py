"""Several devices train what one would; what cannot be shared is refused with a sentence."""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from fermask.system.paths import SOURCE
from fermask.training.devices import device_count, on_devices

ROOT = Path(__file__).parents[2]

# Trained by one device and by two, which cannot share the nine faces held back evenly.
_TRAIN = """
import json
import sys
from pathlib import Path

import numpy as np

from fermask.training.devices import device_count, on_devices
from fermask.training.training_data import Examples
from fermask.training.training import TrainingSettings, train

folder = Path(sys.argv[1])
rng = np.random.default_rng(0)
split = np.repeat(["training", "validation"], [36, 9])
faces = rng.integers(0, 256, (45, 48, 48), dtype=np.uint8)
labels = rng.integers(0, 4, 45)
classes = ("neutral", "sad", "surprise", "angry")
examples = Examples("noise", faces, labels, classes, split, np.arange(45), "0" * 64)
settings = TrainingSettings("cnn", epochs=2, batch_size=18)
train(examples, settings, folder / "one")

with on_devices(2):
    shared = device_count()
    train(examples, settings, folder / "two")
    try:
        train(examples, TrainingSettings("cnn", batch_size=15), folder / "odd")
    except ValueError as error:
        print(json.dumps([shared, device_count(), str(error)]))
"""


@pytest.mark.skipif(importlib.util.find_spec("jax") is None, reason="JAX is not installed")
def test_two_devices_train_what_one_does(tmp_path):
    own = {
        "KERAS_BACKEND": "jax",
        "XLA_FLAGS": "--xla_force_host_platform_device_count=2",
        # Its optimizing takes most of a minute.
        "JAX_DISABLE_MOST_OPTIMIZATIONS": "1",
    }
    done = subprocess.run(
        [sys.executable, "-c", _TRAIN, str(tmp_path)],
        cwd=SOURCE,
        env=os.environ | own,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [2, 2, "2 devices cannot share batches of 15 evenly."]
    one, two = (pd.read_csv(tmp_path / name / "history.csv") for name in ("one", "two"))
    columns = ["loss", "val_loss", "val_accuracy"]
    np.testing.assert_allclose(two[columns], one[columns], rtol=1e-3)


def test_one_device_needs_no_jax():
    with on_devices(1):
        assert device_count() == 1


def test_another_backend_is_refused():
    with pytest.raises(ValueError, match=r"KERAS_BACKEND=jax.*this is tensorflow"), on_devices(2):
        pass
