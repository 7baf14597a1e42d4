"""Photographs of one's own in class folders, made of what scikit-image brings."""

import numpy as np
from PIL import Image

from fermask.photographs.prediction import predict, try_mask
from tests.faces import astronaut, photograph

CLASSES = ("calm", "lively", "stern")
# Of the hundred people, those whose face passes the screening.
PEOPLE = (0, 1, 2, 3, 6, 7, 8, 10, 11, 12, 14, 15, 16, 17, 18)


def write_class_folders(folder, people=PEOPLE):
    """Fifteen people in three classes; in the first also a smaller copy of the first one; a
    picture without a face, one that is none, and one of a person who wears a mask."""
    for place, number in enumerate(people):
        label = CLASSES[place % len(CLASSES)]
        (folder / label).mkdir(parents=True, exist_ok=True)
        colour = Image.fromarray(photograph(number)).convert("RGB")
        colour.resize((180, 180 + place)).save(folder / label / f"{number:02}.jpg")
    first = folder / CLASSES[0]
    with Image.open(first / f"{people[0]:02}.jpg") as picture:
        picture.resize((130, 130)).save(first / "copy.jpg", quality=60)
    noise = np.random.default_rng(0).integers(0, 256, (90, 120, 3), np.uint8)
    Image.fromarray(noise).save(first / "noise.png")
    (first / "broken.jpg").write_bytes(b"\xff\xd8\xff and no more")
    (face,) = predict(astronaut())
    masked = try_mask(astronaut(), face, "surgical").image_rgb
    Image.fromarray(masked).save(folder / CLASSES[1] / "masked.png")
    return folder
