"""Faces as points of a plane: what a network's last layer reads of them, in two dimensions.

The last feature map, averaged over its places, is what a network tells the classes apart by.
Two ways lead from there to a plane: the two directions in which the faces differ most (PCA),
and t-SNE, which keeps close faces close and says little about far ones. Which faces are most alike
is read off all the features and kept beside: a plane cannot tell.
"""

import hashlib
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from fermask.dataset.ferm import Ferm
from fermask.evaluation.scope import training_faces
from fermask.networks.inference import Network
from fermask.networks.predictions import classes_of
from fermask.system.files import file_hash
from fermask.system.parquet import read_parquet, write_parquet
from fermask.system.paths import PUBLISHED_EMBEDDINGS, SHIPPED

SCHEMA_VERSION = 2
# Name for people → columns.
PROJECTIONS: dict[str, tuple[str, str]] = {
    "t-SNE": ("tsne_x", "tsne_y"),
    "PCA": ("pca_x", "pca_y"),
}
_COORDINATES = ("pca_x", "pca_y", "tsne_x", "tsne_y")
_ABOUT = ("ferm", "masked_sha256", "model", "onnx_sha256", "explained_variance", "trained_on")
_COMPUTED_WITH = ("numpy", "onnxruntime", "scikit-learn")
_FEWEST = 3
_ALIKE = 24


@dataclass(frozen=True)
class EmbeddingSettings:
    """t-SNE's: ``perplexity`` (about how many neighbours a face has; less in a small set) and
    ``iterations``. It begins with PCA's places, so that nothing is left to chance.
    """

    perplexity: float = 30.0
    iterations: int = 1000


@dataclass(frozen=True)
class Embedding:
    """Where the faces of a set stand.

    ``table``: ``row`` (FER2013's, int64), ``pca_x``, ``pca_y``, ``tsne_x``, ``tsne_y``
    (float32, in no unit), ``alike`` (the positions of the faces whose features lie nearest, the
    nearest first). ``about``: ``schema``, ``ferm`` (the set's name), ``masked_sha256``
    (of its masked images, as its manifest has it), ``model``, ``onnx_sha256`` (of the network's
    file), ``settings``, ``explained_variance`` (of PCA's two axes, 0…1 each), ``trained_on``
    (how many of the faces the network saw in training, or a twin of them; None where nobody
    knows) and ``computed_with``.
    """

    table: pd.DataFrame
    about: dict[str, Any]

    def points_xy(self, projection: str) -> np.ndarray:
        """Where the faces stand in one of ``PROJECTIONS``, float32 ``(n, 2)``."""
        return self.table[list(PROJECTIONS[projection])].to_numpy(dtype=np.float32)

    def alike(self, position: int) -> np.ndarray:
        """Positions of the faces most like one to the network, the likest first, int64."""
        return np.asarray(self.table["alike"].iloc[position], dtype=np.int64)

    def is_of(self, ferm: Ferm) -> bool:
        """Whether it is of the faces of a set."""
        return self.about["masked_sha256"] == ferm.about["masked_sha256"] and np.array_equal(
            self.table["row"], ferm.manifest["row"]
        )


def embed(
    ferm: Ferm, network: Network, settings: EmbeddingSettings = EmbeddingSettings()
) -> Embedding:
    """Where a network puts the faces of a set; the same on one machine every time.

    Args:
        ferm: with its images.
        network: whose last feature map is taken.
        settings: of t-SNE.

    Raises:
        ValueError: no images, fewer than three faces, or all alike to the network.
    """
    # scikit-learn's own, and so never missing beside it.
    from threadpoolctl import threadpool_limits

    features = last_features(network, ferm.images()[0])
    if len(features) < _FEWEST or not np.ptp(features, axis=0).any():
        raise ValueError(
            f"{ferm.name} has {len(features):,} faces for {network.path.name} to put on a map; "
            f"at least {_FEWEST} that differ are needed."
        )
    # With several threads sums come out in another order, and the map with them.
    with threadpool_limits(1):
        pca_xy, explained = _pca(features)
        tsne_xy = _tsne(features, pca_xy, settings)
    table = pd.DataFrame(
        np.hstack([pca_xy, tsne_xy]).astype(np.float32), columns=list(_COORDINATES)
    )
    table["alike"] = list(_alike(features))
    table.insert(0, "row", ferm.manifest["row"].to_numpy(dtype=np.int64))
    about = {
        "schema": SCHEMA_VERSION,
        "ferm": ferm.name,
        "masked_sha256": ferm.about["masked_sha256"],
        "model": network.name,
        "onnx_sha256": file_hash(network.path),
        "settings": asdict(settings),
        "explained_variance": explained,
        "trained_on": _trained_on(ferm, network.record),
        "computed_with": {name: version(name) for name in _COMPUTED_WITH},
    }
    return Embedding(table, about)


def last_features(network: Network, faces: np.ndarray) -> np.ndarray:
    """The last feature map averaged over its places, float32 ``(n, c)``.

    Args:
        network: which.
        faces: uint8 ``(n, 48, 48)``.
    """
    return network.answer(faces).features.mean(axis=(1, 2))


def write_embedding(path: Path, embedding: Embedding) -> None:
    """Writes an embedding as Parquet, whole or not at all."""
    write_parquet(path, embedding.table, embedding.about)


def read_embedding(path: Path) -> Embedding:
    """An embedding as ``write_embedding`` wrote it.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: damaged, no embedding, or of another schema.
    """
    table, about = read_parquet(path)
    again = "Compute it anew with `python -m scripts.embed`."
    missing = [name for name in ("row", *_COORDINATES, "alike") if name not in table]
    missing += [name for name in _ABOUT if name not in about]
    if missing:
        raise ValueError(f"{path} holds no embedding: it lacks {', '.join(missing)}. {again}")
    if about.get("schema") != SCHEMA_VERSION:
        raise ValueError(
            f"{path} has schema {about.get('schema')}; this version reads schema "
            f"{SCHEMA_VERSION}. {again}"
        )
    finite = np.isfinite(table[list(_COORDINATES)].to_numpy(dtype=float)).all(axis=1)
    if not finite.all():
        row = int(table["row"].iloc[int(np.argmin(finite))])
        raise ValueError(f"{path}, FER2013's row {row}: a coordinate is missing. {again}")
    return Embedding(table, about)


def find_embeddings(folder: Path, ferm: Ferm) -> tuple[dict[str, Embedding], list[str]]:
    """The embeddings of a set in a folder.

    Returns:
        By file name without ending, the published one first; and a sentence for each file that
        cannot be read. Those of other sets are passed over.
    """
    found, problems = {}, []
    for path in sorted(
        folder.glob("*.parquet"), key=lambda each: (each.stem != SHIPPED.stem, each)
    ):
        try:
            embedding = read_embedding(path)
        except (ValueError, OSError) as error:
            problems.append(str(error))
            continue
        if embedding.is_of(ferm):
            found[path.stem] = embedding
    return found, problems


def default_path(ferm: Ferm, network: Network, published: Ferm) -> Path:
    """Where an embedding is kept, so that no two of other sets or networks share a file.

    That of the weights that ship and the published set has the weights' name alone.
    """
    images = ferm.about["masked_sha256"]
    name = network.path.stem
    if network.path != SHIPPED.resolve() or images != published.about["masked_sha256"]:
        both = f"{file_hash(network.path)} {images}".encode()
        name = f"{name}-{hashlib.sha256(both).hexdigest()[:8]}"
    return PUBLISHED_EMBEDDINGS / f"{name}.parquet"


def class_counts(table: pd.DataFrame) -> pd.DataFrame:
    """How many faces of each class there are, and what they were called.

    Args:
        table: some faces of ``faces_table.faces_table``.

    Returns:
        A row a class, in their order: ``label``, ``n``, and a column for each class predicted.
    """
    predicted, classes = pd.crosstab(table["label"], table["predicted"]), list(classes_of(table))
    predicted = predicted.reindex(index=classes, columns=classes, fill_value=0)
    n = table["label"].value_counts().reindex(classes, fill_value=0)
    counts = pd.concat([n.rename("n"), predicted], axis=1)
    return counts.rename_axis("label").reset_index()


def _pca(features: np.ndarray) -> tuple[np.ndarray, list[float]]:
    from sklearn.decomposition import PCA

    pca = PCA(2, svd_solver="full")
    points_xy = pca.fit_transform(features.astype(np.float64))
    return points_xy, [float(share) for share in pca.explained_variance_ratio_]


def _tsne(features: np.ndarray, pca_xy: np.ndarray, settings: EmbeddingSettings) -> np.ndarray:
    from sklearn.manifold import TSNE

    tsne = TSNE(
        perplexity=min(settings.perplexity, (len(features) - 1) / 3),
        max_iter=settings.iterations,
        # As small as t-SNE's authors begin.
        init=(1e-4 * pca_xy / pca_xy[:, 0].std()).astype(np.float32),
    )
    return tsne.fit_transform(features)


def _alike(features: np.ndarray) -> np.ndarray:
    """The nearest other faces of each, int32 ``(n, k)``."""
    from sklearn.neighbors import NearestNeighbors

    count = min(_ALIKE, len(features) - 1)
    nearest = NearestNeighbors(n_neighbors=count).fit(features)
    return nearest.kneighbors(return_distance=False).astype(np.int32)


def _trained_on(ferm: Ferm, record: dict[str, Any]) -> int | None:
    in_folders = (ferm.manifest["file"] != "").any()
    source = ferm.about["source_sha256"]
    # Class folders have lost FER2013's rows: only a set of the same source can be recognised.
    if "rows" not in record or (in_folders and record.get("source_sha256", "") != source):
        return None
    return int(training_faces(ferm.manifest, record, source, ferm.bare).sum())
