"""A tiny FER2013 with FER+ whose faces dlib finds, and that has a row for every rule."""

import cv2
import numpy as np

from fermask.dataset.fer2013 import join_ferplus, read_fer2013, read_ferplus
from fermask.faces.labels import FERPLUS_VOTES
from tests.faces import face, other_face
from tests.tiny import write_fer2013, write_ferplus

FOUR = ("neutral", "sadness", "surprise", "anger")
_EMOTIONS = {"neutral": 6, "sadness": 4, "surprise": 5, "anger": 0, "happiness": 3, "NF": 6}
_EMOTIONS["unknown"] = 6
# Of ``other_face``.
SEEDS = tuple(range(24))
MORE_SEEDS = tuple(range(24, 45))


class TinyFer2013:
    """FER2013's rows and FER+'s votes; ``rows`` are the row numbers by kind.

    ``good``: 24 faces of the four classes in turn. Then what each rule drops, by the rule's
    name; ``twins``: a good face of Training and its mirrored copy in PublicTest; and, unless
    left out, ``private``: four good faces of PrivateTest, and a ``twin_of_training`` of the
    first good face.
    """

    def __init__(self, private=True):
        self.pixels, self.emotions, self.usages, self.votes = [], [], [], []
        self.rows = {}
        more = [other_face(seed) for seed in MORE_SEEDS]
        for i, seed in enumerate(SEEDS[:24]):
            usage = "PublicTest" if i % 8 == 7 else "Training"
            self.add("good", other_face(seed), FOUR[i % 4], 6 + i % 5, usage=usage)
        self.add("no_label", more[0], "sadness", 5, "anger")
        self.add("no_label", more[1], "NF", 8)
        self.add("weak_label", more[2], "surprise", 5, "fear", "neutral")
        for seed in range(20):
            self.add("other_expression", pattern(seed), "happiness", 9)
        self.add("no_face", pattern(20), "anger", 9)
        self.add("not_frontal", turned(face(), 28), "sadness", 9)
        self.add("blurred", cv2.GaussianBlur(other_face(56), (0, 0), 0.7), "neutral", 9)
        self.add("conflicting_twin", more[5], "anger", 9)
        self.add("conflicting_twin", (more[5] * 0.8).astype(np.uint8), "surprise", 9)
        self.add("twins", more[6], "sadness", 9)
        self.add("twins", mirrored(more[6]), "sadness", 8, usage="PublicTest")
        if private:
            for i, picture in enumerate(more[7:11]):
                self.add("private", picture, FOUR[i], 9, usage="PrivateTest")
            twin = mirrored(self.pixels[0])
            self.add("twin_of_training", twin, FOUR[0], 9, usage="PrivateTest")

    def add(self, kind, picture, name, agree, *others, usage="Training"):
        """One row: ``agree`` votes for a column of FER+, the rest for others in turn."""
        counts = dict.fromkeys(FERPLUS_VOTES, 0)
        counts[name] = agree
        others = others or ("contempt",)
        for i in range(10 - agree):
            counts[others[i % len(others)]] += 1
        self.rows.setdefault(kind, []).append(len(self.pixels))
        self.pixels.append(picture)
        self.emotions.append(_EMOTIONS[name])
        self.usages.append(usage)
        self.votes.append(list(counts.values()))

    def write(self, folder, ferplus=True):
        """Writes ``fer2013.csv`` and, unless told otherwise, ``fer2013new.csv``."""
        folder.mkdir(parents=True, exist_ok=True)
        write_fer2013(folder / "fer2013.csv", self.pixels, self.emotions, self.usages)
        if ferplus:
            write_ferplus(folder / "fer2013new.csv", self.votes, self.usages)
        return folder


def read(folder):
    """The files that ``TinyFer2013.write`` wrote, joined."""
    return join_ferplus(
        read_fer2013(folder / "fer2013.csv"), read_ferplus(folder / "fer2013new.csv")
    )


def pattern(seed):
    """Soft patches of light and dark, no face, uint8 ``(48, 48)``."""
    patches = np.random.default_rng(seed).normal(128, 50, (9, 9)).astype(np.float32)
    picture = cv2.resize(patches, (48, 48), interpolation=cv2.INTER_CUBIC)
    return np.clip(picture, 0, 255).astype(np.uint8)


def mirrored(picture):
    return np.ascontiguousarray(picture[:, ::-1])


def turned(picture, degrees):
    matrix = cv2.getRotationMatrix2D((23.5, 23.5), degrees, 1.0)
    return cv2.warpAffine(picture, matrix, (48, 48), borderMode=cv2.BORDER_REPLICATE)
