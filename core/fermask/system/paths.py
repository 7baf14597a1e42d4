"""Where the project's own files are, in a checkout and in an installed package alike.

In a checkout ``data/`` and ``apps/`` stand at its root; a wheel carries them inside
``fermask/``, where nothing is ever written.
"""

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent.parent
IS_INSTALLED = (PACKAGE / "data").is_dir()
# What ``data/``, ``apps/`` and ``LICENSE`` are found in.
ROOT = PACKAGE if IS_INSTALLED else PACKAGE.parent.parent
# What has to be on the import path for ``import fermask``.
SOURCE = PACKAGE.parent

APPS = ROOT / "apps"
DATA = ROOT / "data"
FIGURES = ROOT / "docs" / "figures"

# What is published of FERM: its manifest, without pixels.
PUBLISHED = DATA / "ferm"
# Its first version, which another search for duplicates made; the networks to compare with, and
# runs that v2's have not replaced yet, are of it.
FERM_V1 = DATA / "ferm-v1"
# Hashes of FER2013's rows, by which a file of it is recognised.
FER2013_ROWS = DATA / "fer2013_rows.bin"
MODELS = DATA / "models"
# The network that answers; its Keras weights and record stand beside.
SHIPPED = MODELS / "m_xception.onnx"
CENTERFACE = MODELS / "centerface.onnx"
PUBLISHED_RUNS = DATA / "runs"
PUBLISHED_RECIPE = DATA / "recipe"
# Of every face of FERM, by a network that has not seen its photograph.
OUT_OF_FOLD = DATA / "predictions" / "m_xception.parquet"
# The same after a second pretraining, which tells how much a pretraining's luck matters.
OUT_OF_FOLD_AGAIN = DATA / "predictions" / "m_xception_again.parquet"
# The same of FERM v1, by 0.1's recipe: what later ones are measured against.
OUT_OF_FOLD_V1 = DATA / "predictions" / "m_xception_v1.parquet"
PUBLISHED_EMBEDDINGS = DATA / "embeddings"
DETECTION = DATA / "detection.json"
FRAMING = DATA / "framing.json"
# How networks do on photographs of worn masks and bare faces.
WORN = DATA / "worn.json"
PERFORMANCE = DATA / "performance.json"
FUZZ = DATA / "fuzz.json"

# What users put there, and what the apps write.
OWN = Path.home() / ".fermask" if IS_INSTALLED else DATA
FER2013 = OWN / "fer2013"
# The photographs of the sets looked at.
PICTURES = OWN / "pictures"
MARKS = OWN / "review" / "marks.sqlite"
