"""Which faces a figure is about, and whether the network was trained on them."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from fermask.dataset.fer2013_rows import PUBLIC_ROWS, known_pixels, trained_on_pixels
from fermask.dataset.ferm import Ferm
from fermask.dataset.splits import EVERYTHING, stored_settings, validation_faces
from fermask.networks.predictions import UNKNOWN

SPLITS: tuple[str, ...] = ("validation", "all")
# The split of FER2013's test faces alone, also the name of their part.
EXTERNAL = "PrivateTest"


@dataclass(frozen=True)
class Scope:
    """What a figure is about: ``protocol`` (``paper``, ``clean``, or None: nothing of the set was
    held back under either), ``seed`` (None without a protocol), ``split`` (``PrivateTest`` for
    FER2013's test faces alone), and ``usage`` where only the faces of one part of FER2013 were
    asked for.
    """

    protocol: str | None
    seed: int | None
    split: str
    usage: str | None = None

    @property
    def is_external(self) -> bool:
        """Whether the faces are FER2013's test, which nothing here is trained on."""
        return self.split == EXTERNAL

    def __str__(self) -> str:
        if self.is_external:
            return f"external, {self.split}"
        seed = "" if self.seed is None else f" {self.seed}"
        usage = "" if self.usage is None else f", {self.usage} only"
        return f"{self.protocol or 'no protocol'}{seed}, {self.split}{usage}"


def faces_to_evaluate(
    ferm: Ferm,
    split: str,
    record: dict[str, Any],
    protocol: str | None = None,
    seed: int | None = None,
    usage: str | None = None,
) -> tuple[np.ndarray, Scope]:
    """Which faces of a set a network is evaluated on, and what the figure is called.

    Args:
        ferm: the set.
        split: ``validation`` (the faces held back under protocol and seed) or ``all``.
        record: the network's; protocol and seed are taken from it where not given.
        protocol: ``paper`` or ``clean``.
        seed: the fold under ``clean``.
        usage: only faces of this part of FER2013.

    Returns:
        bool ``(n,)``, and what the figure is called.

    Raises:
        ValueError: no face is left, or neither arguments nor record say what was held back.
    """
    chosen = np.ones(len(ferm.manifest), dtype=bool)
    if usage is not None:
        chosen = (ferm.manifest["usage"] == usage).to_numpy()
        if not chosen.any():
            present = ", ".join(sorted(set(ferm.manifest["usage"])))
            raise ValueError(f"{ferm.name} has no face of {usage}; it has {present}.")
    if chosen.any() and (ferm.manifest["usage"][chosen] == EXTERNAL).all():
        return chosen, Scope(None, None, EXTERNAL, usage)
    settings = stored_settings(record.get("settings", {}))
    protocol = settings.get("protocol") if protocol is None else protocol
    seed = settings.get("seed") if seed is None else seed
    if split == "all":
        return chosen, Scope(protocol, None if protocol is None else seed, "all", usage)
    if protocol is None and settings.get("trained_on") == EVERYTHING:
        raise ValueError(
            "These weights were trained on every face of FERM v1, so none is held back to measure "
            "them on; a set of PrivateTest faces can. What their recipe reaches on faces held "
            "back is in RESULTS.md."
        )
    if protocol is None or seed is None:
        raise ValueError(
            "The network has no record of what it was trained on; say which faces were held "
            "back with --protocol and --seed, or take all with --split all."
        )
    chosen = chosen & validation_faces(ferm.manifest, protocol, seed)
    if not chosen.any():
        raise ValueError(f"{ferm.name} has no such face in the validation part.")
    return chosen, Scope(protocol, seed, "validation", usage)


def seen_in_training(
    manifest: pd.DataFrame,
    record: dict[str, Any],
    source_sha256: str = "",
    bare: np.ndarray | None = None,
) -> np.ndarray:
    """Which faces of a set the network was trained on, bool ``(n,)``.

    Rows are compared where the set is of the very file that the network learned from, or has no
    pixels here; else pixels are, since another file may number its faces otherwise.

    Args:
        manifest: of the faces.
        record: the network's.
        source_sha256: ``about["source_sha256"]`` of the set; "" if the record is of the set itself.
        bare: the faces without masks, uint8 ``(n, 48, 48)``, or None.
    """
    rows = record.get("rows", [])
    by_row = manifest["row"].isin(rows).to_numpy()
    if bare is None or record.get("source_sha256", "") == source_sha256:
        return by_row
    # PrivateTest has no published hashes, and follows all rows that have.
    private = (manifest["usage"] == "PrivateTest") & (manifest["row"] >= PUBLIC_ROWS)
    return trained_on_pixels(bare, rows) | (by_row & private.to_numpy())


def training_faces(
    manifest: pd.DataFrame,
    record: dict[str, Any],
    source_sha256: str = "",
    bare: np.ndarray | None = None,
) -> np.ndarray:
    """As ``seen_in_training``, and faces of which it saw a twin, bool ``(n,)``.

    A group has the number of its smallest row, so the network saw a twin where that row or its
    group is in the record, whichever search found the set's groups.
    """
    seen = seen_in_training(manifest, record, source_sha256, bare)
    named = [*record.get("groups", []), *record.get("rows", [])]
    twins = manifest["group"].isin(named) | manifest["group"].isin(manifest["group"][seen])
    if bare is not None and record.get("source_sha256", "") != source_sha256:
        # Rows and so groups of a file that is not FER2013's own are other numbers.
        twins &= (manifest["row"] >= PUBLIC_ROWS) | known_pixels(bare)
    return seen | twins.to_numpy()


def leak_warning(
    manifest: pd.DataFrame,
    record: dict[str, Any],
    scope: Scope,
    source_sha256: str = "",
    bare: np.ndarray | None = None,
) -> str:
    """A sentence where evaluated faces were trained on, or cannot be told; else "".

    Args:
        manifest: of the evaluated faces.
        record: the network's.
        scope: what the figure is about.
        source_sha256, bare: as for ``seen_in_training``.
    """
    if "rows" not in record:
        return "The network has no record: these faces may be among its training faces."
    if record.get("source_sha256", "") != source_sha256:
        if (manifest["file"] != "").any():
            return (
                "The set comes from class folders, which have lost FER2013's rows: these faces may "
                "be among the network's training faces."
            )
        public = (manifest["usage"] != "PrivateTest").to_numpy()
        if bare is not None and (unknown := int((public & ~known_pixels(bare)).sum())):
            return (
                f"{unknown:,} of these {len(manifest):,} faces have pixels that are none of "
                "FER2013's, in another encoding perhaps: they may be among the network's training "
                "faces."
            )
    seen = seen_in_training(manifest, record, source_sha256, bare)
    twins = training_faces(manifest, record, source_sha256, bare) & ~seen
    parts = []
    if seen.any():
        parts.append(f"{seen.sum():,} of these {len(seen):,} faces were trained on")
    if twins.any():
        parts.append(f"{twins.sum():,} share a photograph with a face trained on")
    if not parts:
        return ""
    usual = " (as the paper protocol allows)" if scope.protocol == "paper" else ""
    return f"{'; '.join(parts)}{usual}: the accuracy is too high for new faces."


def unknown_warning(splits: pd.Series) -> str:
    """A sentence where nobody knows whether faces were trained on; else "".

    Args:
        splits: of the evaluated faces, as ``Predictions`` holds them.
    """
    unknown = int((splits == UNKNOWN).sum())
    if not unknown:
        return ""
    which = "these faces" if unknown == len(splits) else f"{unknown:,} of these {len(splits):,}"
    return (
        f"It is not known whether {which} were trained on: the accuracy may be too high for new "
        "faces."
    )
