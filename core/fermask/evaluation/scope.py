"""Which faces a figure is about, and whether the network was trained on them."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from fermask.dataset.fer2013_rows import PUBLIC_ROWS, known_pixels, trained_on_pixels
from fermask.dataset.ferm import Ferm, is_own
from fermask.dataset.splits import EVERYTHING, stored_settings, validation_faces
from fermask.faces.labels import NO_EMOTION
from fermask.networks.inference import Network
from fermask.networks.predictions import UNKNOWN

# Of the faces held back those whose photograph stands once in the file that the set was built
# from: what a new photograph meets.
FRESH = "fresh"
SPLITS: tuple[str, ...] = ("validation", FRESH, "all")


@dataclass(frozen=True)
class Scope:
    """What a figure is about: ``protocol`` (``paper``, ``clean``, or None: nothing of the set was
    held back under either), ``seed`` (None without a protocol), ``split``, ``usage`` where only
    the faces of one part of FER2013 were asked for, and whether all of them are of FER2013's
    test, PrivateTest, on which nothing here is trained.
    """

    protocol: str | None
    seed: int | None
    split: str
    usage: str | None = None
    is_external: bool = False

    def __str__(self) -> str:
        seed = "" if self.seed is None else f" {self.seed}"
        usage = "" if self.usage in (None, self.split) else f", {self.usage} only"
        protocol = self.protocol or ("external" if self.is_external else "no protocol")
        return f"{protocol}{seed}, {self.split}{usage}"


def splits_of(faces: pd.DataFrame) -> tuple[str, ...]:
    """The splits that a manifest, or a table of its faces, can tell."""
    return SPLITS if "copies" in faces else tuple(split for split in SPLITS if split != FRESH)


def fresh_faces(ferm: Ferm) -> np.ndarray:
    """The faces whose photograph stands once in the file of the set, bool ``(n,)``.

    Raises:
        ValueError: the set does not say how often.
    """
    if ferm.copies is None:
        raise ValueError(
            f"{ferm.name} does not say how many rows of its file show each photograph, so nobody "
            "can tell which faces are fresh; sets built since FERM v2 do. Take another --split."
        )
    return ferm.copies == 1


def check_classes(network: Network, ferm: Ferm) -> None:
    """Raises a ValueError where a network tells other classes apart than a set has."""
    if network.classes != ferm.classes:
        raise ValueError(
            f"{network.path.name} tells {', '.join(network.classes)} apart; {ferm.name} has "
            f"{', '.join(ferm.classes)}. Train on the set first: scripts.train --initial with "
            "the network's .keras file starts from what it has learned."
        )


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
        split: of ``SPLITS``: ``validation`` (the faces held back under protocol and seed),
            ``fresh`` (those of them that ``fresh_faces`` names) or ``all``.
        record: the network's; protocol and seed are taken from it where not given.
        protocol: ``paper`` or ``clean``.
        seed: the fold under ``clean``.
        usage: only faces of this part of FER2013.

    Returns:
        bool ``(n,)``, and what the figure is called.

    Raises:
        ValueError: no face is left, neither arguments nor record say what was held back, or the
            set does not say which faces are fresh.
    """
    chosen = fresh_faces(ferm) if split == FRESH else np.ones(len(ferm.manifest), dtype=bool)
    if usage is not None:
        of_usage = (ferm.manifest["usage"] == usage).to_numpy()
        chosen = chosen & of_usage
        if not of_usage.any():
            present = ", ".join(sorted(set(ferm.manifest["usage"])))
            raise ValueError(f"{ferm.name} has no face of {usage}; it has {present}.")
    if chosen.any() and (ferm.manifest["usage"][chosen] == "PrivateTest").all():
        name = FRESH if split == FRESH else "PrivateTest"
        return chosen, Scope(None, None, name, usage, is_external=True)
    settings = stored_settings(record.get("settings", {}))
    protocol = settings.get("protocol") if protocol is None else protocol
    seed = settings.get("seed") if seed is None else seed
    if split == "all":
        return chosen, Scope(protocol, None if protocol is None else seed, "all", usage)
    if protocol is None and settings.get("trained_on") == EVERYTHING:
        raise ValueError(
            f"These weights were trained on every face of {record.get('ferm', 'their set')}, so "
            "none is held back to measure them on; a set of PrivateTest faces can. What their "
            "recipe reaches on faces held back is in RESULTS.md."
        )
    if protocol is None or seed is None:
        raise ValueError(
            "The network has no record of what it was trained on; say which faces were held "
            "back with --protocol and --seed, or take all with --split all."
        )
    chosen = chosen & validation_faces(ferm.manifest, protocol, seed)
    if not chosen.any():
        raise ValueError(f"{ferm.name} has no such face in the validation part.")
    return chosen, Scope(protocol, seed, split, usage)


def seen_in_training(
    manifest: pd.DataFrame,
    record: dict[str, Any],
    source_sha256: str = "",
    bare: np.ndarray | None = None,
) -> np.ndarray:
    """Which faces of a set the network was trained on, bool ``(n,)``.

    Rows are compared where the set is of the very file that the network learned from, or has no
    pixels here; else pixels are, since another file may number its faces otherwise. What the
    weights that it started from had learned from counts too; somebody's own photographs are taken
    for no others.

    Args:
        manifest: of the faces.
        record: the network's.
        source_sha256: ``about["source_sha256"]`` of the set; "" if the record is of the set itself.
        bare: the faces without masks, uint8 ``(n, 48, 48)``, or None.
    """
    if "initial" in record:
        before = seen_in_training(manifest, record["initial"], source_sha256, bare)
        its_own = {key: value for key, value in record.items() if key != "initial"}
        return before | seen_in_training(manifest, its_own, source_sha256, bare)
    if _are_of_others(manifest, record, source_sha256):
        return np.zeros(len(manifest), dtype=bool)
    rows = record.get("rows", [])
    by_row = manifest["row"].isin(rows).to_numpy()
    if bare is None or record.get("source_sha256", "") == source_sha256:
        return by_row
    # PrivateTest has no published hashes, and follows all rows that have.
    private = (manifest["usage"] == "PrivateTest") & (manifest["row"] >= PUBLIC_ROWS)
    return trained_on_pixels(bare, rows) | (by_row & private.to_numpy())


def _are_of_others(manifest: pd.DataFrame, record: dict[str, Any], source_sha256: str) -> bool:
    """Whether a set's rows and a network's count other photographs, of which some are one's own."""
    is_other = record.get("source_sha256", "") != source_sha256
    return is_other and (is_own(record) or _of_own_photographs(manifest))


def _of_own_photographs(manifest: pd.DataFrame) -> bool:
    emotions = manifest.get("emotion", pd.Series(dtype=np.int8))
    return len(emotions) > 0 and bool((emotions == NO_EMOTION).all())


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
    if "initial" in record:
        before = training_faces(manifest, record["initial"], source_sha256, bare)
        its_own = {key: value for key, value in record.items() if key != "initial"}
        return before | training_faces(manifest, its_own, source_sha256, bare)
    seen = seen_in_training(manifest, record, source_sha256, bare)
    if _are_of_others(manifest, record, source_sha256):
        return seen
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
    """A sentence where evaluated faces were trained on, or may have been; else "".

    Args:
        manifest: of the evaluated faces.
        record: the network's.
        scope: what the figure is about.
        source_sha256, bare: as for ``seen_in_training``.
    """
    if "rows" not in record:
        return "The network has no record: these faces may be among its training faces."
    if "rows" not in record.get("initial", record):
        return (
            "What the weights that the network started from had learned from is not known: these "
            "faces may be among it."
        )
    if record.get("source_sha256", "") != source_sha256:
        if _of_own_photographs(manifest):
            return (
                "These are somebody's own photographs: nothing tells whether others of them, or "
                "of the same people, are among the network's training faces."
            )
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
    if not parts and scope.split != "all" and record.get("settings", {}).get("patience"):
        return (
            "The epoch whose weights are kept was chosen on the faces held back: the accuracy is "
            "a little too high for new faces."
        )
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
