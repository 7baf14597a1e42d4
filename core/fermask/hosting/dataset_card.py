"""The README of a set's repository on the Hugging Face Hub: no pixels, and where they are.

What the set is and its limits come from ``set_facts``; only the words around are here.
"""

import pyarrow as pa

from fermask.dataset.ferm import Ferm
from fermask.dataset.manifest import MANIFEST
from fermask.faces.labels import FER2013_EMOTIONS
from fermask.hosting.set_facts import facts, known_limits
from fermask.system.parquet import StoredTable

_LINK = (
    "https://www.kaggle.com/c/"
    "challenges-in-representation-learning-facial-expression-recognition-challenge"
)
_WORDS = """
# {name}: faces of FER2013 under drawn masks, without their pixels

{faces:,} faces of FER2013 in four classes (neutral, sad, surprise, angry), screened by named rules,
each with the seed of the mask that is drawn on it. **No pixel of FER2013 is in here**: FER2013 is
for research and not ours to pass on. With your own `fer2013.csv` the rows below give back the
same masked images.

## Read it

As a table, `row` being FER2013's (0 is the first line after the header of `fer2013.csv`):

```python
import pandas as pd
from datasets import load_dataset

faces = load_dataset("{repo_id}", split="train").to_pandas()
faces = faces.join(pd.read_csv("fer2013.csv")["pixels"], on="row")  # your own FER2013
```

As images, bare and masked, with this project's code:

```python
from pathlib import Path
from huggingface_hub import hf_hub_download
from fermask.dataset.fer2013 import read_fer2013
from fermask.dataset.ferm import load

manifest = Path(hf_hub_download("{repo_id}", "{manifest}", repo_type="dataset"))
ferm = load(manifest.parent, read_fer2013("fer2013.csv"))  # ferm.masked: uint8 (n, 48, 48)
```

`load` refuses a FER2013 whose pixels of these rows are others, such as a copy in another order.

## What it is

{facts}

## Columns

| column | what |
| --- | --- |
{columns}

## Limits

{limits}
"""
_EMOTIONS = ", ".join(f"{i} {name}" for i, name in enumerate(FER2013_EMOTIONS))
_COLUMNS = {
    "row": "FER2013's row, from 0",
    "usage": "FER2013's part",
    "label": "neutral, sad, surprise or angry",
    "group": "smallest row that shows the same photograph",
    "fold": "of ten, which keep each group whole",
    "copies": "how many rows of the file show the same photograph",
    "file": "where the picture was, if not in `fer2013.csv`",
    "emotion": f"FER2013's own label: {_EMOTIONS}",
    "agreement": "share of the ten voters who chose the label",
    "votes_*": "FER+'s votes, ten a face",
    "landmarks": "x and y of 68 points, in pixels of the 48×48 face",
    "score, template": "of dlib's detector",
    "yaw, roll": "degrees",
    "sharpness": "higher is sharper",
    "passed": "the screening rules asked and passed",
    "mask_style, mask_seed": "which mask is drawn; the seed gives its colour and form",
}


def dataset_card(ferm: Ferm, repo_id: str) -> str:
    """The card as Markdown with YAML front matter.

    Args:
        ferm: the set, as ``ferm.open_set`` opens it.
        repo_id: ``USER/NAME`` on the Hub, for the examples.
    """
    text = _WORDS.format(
        name=ferm.name,
        faces=len(ferm.manifest),
        repo_id=repo_id,
        manifest=MANIFEST,
        facts="\n".join(f"- **{name}**: {fact}" for name, fact in facts(ferm).items()),
        columns="\n".join(f"| {name} | {what} |" for name, what in _COLUMNS.items()),
        limits="\n".join(f"- {each}" for each in known_limits(ferm)),
    )
    return f"---\n{_front_matter(ferm)}\n---\n{text}"


def _front_matter(ferm: Ferm) -> str:
    """The metadata as YAML, by the Hub's own class."""
    from huggingface_hub import DatasetCardData

    return DatasetCardData(
        language=["en"],
        license="other",
        license_name="fer2013-research",
        license_link=_LINK,
        pretty_name=ferm.name,
        task_categories=["image-classification"],
        annotations_creators=["crowdsourced"],
        size_categories=[_size(len(ferm.manifest))],
        source_datasets=["extended"],
        tags=["facial-expression-recognition", "face-mask", "fer2013", "ferplus"],
        configs=[
            {
                "config_name": "default",
                "data_files": [{"split": "train", "path": MANIFEST}],
            }
        ],
        dataset_info={"features": _features(ferm.stored)},
    ).to_yaml(line_break="\n")


def _features(stored: StoredTable | None) -> list[dict[str, str]]:
    """The columns as ``datasets.Features`` write themselves in a card."""
    if stored is None:
        raise ValueError("A data card is of a set that open_set has opened.")
    return [_feature(field) for field in stored.schema]


def _feature(field: pa.Field) -> dict[str, str]:
    if pa.types.is_list(field.type) or pa.types.is_large_list(field.type):
        return {"name": field.name, "list": _dtype(field.type.value_type)}
    return {"name": field.name, "dtype": _dtype(field.type)}


def _dtype(kind: pa.DataType) -> str:
    """Arrow's type by the name that ``datasets`` has for it."""
    return {"float": "float32", "double": "float64"}.get(str(kind), str(kind))


def _size(n: int) -> str:
    return "n<1K" if n < 1_000 else "1K<n<10K" if n < 10_000 else "10K<n<100K"
