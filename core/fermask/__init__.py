"""FERM: masks on faces, the FERM data set, and networks that read expressions above a mask.

The names below are loaded when they are first asked for: importing this package imports nothing
heavy, and no module of it imports dlib, Keras or onnxruntime before it needs them.

>>> import fermask
>>> fermask.CLASSES
('neutral', 'sad', 'surprise', 'angry')
>>> len(fermask.VISIBLE_27), len(fermask.STYLES) >= 4
(27, True)
"""

import os
from importlib import import_module
from typing import TYPE_CHECKING

# onnxruntime reports its use to Microsoft unless it is told not to before it is imported.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

__version__ = "0.2.0"

if TYPE_CHECKING:
    from fermask.dataset.building import build
    from fermask.dataset.fer2013 import read_fer2013
    from fermask.dataset.ferm import FermSettings
    from fermask.dataset.manifest import load
    from fermask.evaluation.evaluation import evaluate
    from fermask.faces.labels import CLASSES
    from fermask.faces.landmarks import VISIBLE_27, find_landmarks
    from fermask.faces.mask_styles import STYLES
    from fermask.faces.masking import draw_look, put_mask
    from fermask.networks.inference import load_network
    from fermask.photographs.detection import detect_faces
    from fermask.photographs.photograph import read_photograph
    from fermask.photographs.prediction import predict, try_mask
    from fermask.training.settings import TrainingSettings
    from fermask.training.training import train

__all__ = [
    "CLASSES",
    "STYLES",
    "VISIBLE_27",
    "FermSettings",
    "TrainingSettings",
    "build",
    "detect_faces",
    "draw_look",
    "evaluate",
    "find_landmarks",
    "load",
    "load_network",
    "predict",
    "put_mask",
    "read_fer2013",
    "read_photograph",
    "train",
    "try_mask",
]

# Where each name is defined, and the extra without which that module cannot be imported.
_HOMES = {
    "faces.labels": (("CLASSES",), ""),
    "faces.landmarks": (("VISIBLE_27", "find_landmarks"), ""),
    "faces.mask_styles": (("STYLES",), ""),
    "faces.masking": (("draw_look", "put_mask"), ""),
    "networks.inference": (("load_network",), ""),
    "photographs.detection": (("detect_faces",), ""),
    "photographs.photograph": (("read_photograph",), ""),
    "photographs.prediction": (("predict", "try_mask"), ""),
    "dataset.building": (("build",), "build"),
    "dataset.fer2013": (("read_fer2013",), "build"),
    "dataset.ferm": (("FermSettings",), "build"),
    "dataset.manifest": (("load",), "build"),
    "evaluation.evaluation": (("evaluate",), "build"),
    "training.settings": (("TrainingSettings",), "train"),
    "training.training": (("train",), "train"),
}
_HOME_OF = {name: module for module, (names, _) in _HOMES.items() for name in names}


def __getattr__(name: str) -> object:
    if name not in _HOME_OF:
        raise AttributeError(f"module 'fermask' has no attribute {name!r}")
    from fermask.system.extras import needing_extra

    module = _HOME_OF[name]
    with needing_extra(_HOMES[module][1], f"fermask.{name}"):
        value = getattr(import_module(f"fermask.{module}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
