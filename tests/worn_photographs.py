"""Made-up folders as ``fermask.studies.worn`` reads them."""

import numpy as np
import pandas as pd
import skimage.data
from PIL import Image

from fermask.photographs.detection import detect_faces
from fermask.studies.worn import NOT_BARE
from tests.faces import photograph


def write_photographs(folder):
    """Four photographs of worn masks (one without a face), two bare ones that are the
    same, another person's and one that is not bare."""
    astronaut = Image.fromarray(skimage.data.astronaut())
    x, y, w, h = detect_faces(np.asarray(astronaut))[0].box_xywh
    (folder / "worn" / "photos").mkdir(parents=True)
    (folder / "bare").mkdir()
    rows = []
    votes = [("neutral",) * 3, ("happy", "happy", "sad"), ("neutral", "sad", "neutral")]
    for i, said in enumerate([*votes, ("neutral",) * 3]):
        picture = astronaut if i < 3 else Image.new("RGB", (300, 300), "grey")
        picture.save(folder / "worn" / "photos" / f"{i}.png")
        rows.append((f"{i}.png", x, y, w, h, i, *said))
    names = ["file", "x", "y", "width", "height", "group", "viewer_a", "viewer_b", "viewer_c"]
    pd.DataFrame(rows, columns=names).to_csv(folder / "worn" / "labels.csv", index=False)
    for i in (0, 1, NOT_BARE[0]):
        astronaut.save(folder / "bare" / f"{i:03}.png")
    Image.fromarray(photograph(0)).convert("RGB").save(folder / "bare" / "002.png")
    return folder / "worn", folder / "bare"
