"""The demo's words: sentences that stay, and those that a record or a result is put into."""

import os
from collections.abc import Sequence
from typing import Any

from fermask.networks.inference import Network
from fermask.photographs.photograph import MAX_BYTES, MAX_PIXELS
from fermask.photographs.prediction import FacePrediction

# The explorer's is where `make explorer` serves it; whoever runs both elsewhere names another
# address in the environment, or none. The paper is not open on the web, so its title is searched
# for; the model card is at the foot of the page.
EXPLORER_URL = os.environ.get("EXPLORER_URL", "http://localhost:8501")
PAPER_URL = (
    "https://scholar.google.com/scholar?q=%22Facial+Expression+Recognition+with+Mask+"
    "Based+on+M-Xception+Net%22"
)
MODEL_CARD_URL = "#model-card"
LINKS: tuple[tuple[str, str], ...] = (
    ("Browse its training faces and mistakes", EXPLORER_URL),
    ("The paper", PAPER_URL),
    ("Model card", MODEL_CARD_URL),
)

TITLE = "Read the expression of a face that wears a mask"
START = "Add a photograph, take one with the camera, paste one, or click an example."
GONE = "This photograph is no longer kept. Add it again."
NO_FACE = "No face was found."
NO_FACE_ADVICE = (
    "Faces are found best when they look towards the camera, are at least a tenth of the picture "
    "wide and not in deep shade. If there is a face, mark it yourself below."
)
TOO_LONG = "This took too long and was stopped. Try a smaller picture."
NO_LINKS = "Expected an uploaded file, received a link. Save the picture and upload it."
TOO_LARGE = f"The file has more than {MAX_BYTES // 1_000_000} MB. Reduce the picture."
WELCOME = (
    f"JPEG, PNG, WebP, GIF, BMP, TIFF, AVIF or HEIC, up to {MAX_BYTES // 1_000_000} MB and "
    f"{MAX_PIXELS // 1_000_000} megapixels."
)
NOT_FOR = (
    "It guesses which word others would give to the way a face looks, not what a person feels, and "
    "it is often wrong. Do not use it to decide anything about a person: not for hiring, "
    "policing, grading, medicine or advertising."
)
HOW_TRAINED = (
    "The network has learned from photographs of the FER2013 collection, over whose faces masks "
    "were drawn; ten people each had named the expression of the bare face. It knows four words "
    "only: a happy or frightened face gets one of them too."
)

COLOURS: tuple[tuple[str, str], ...] = (
    ("As sold", ""),
    ("Light blue", "#a5d7e1"),
    ("White", "#f2f2f0"),
    ("Black", "#1e1e20"),
    ("Red", "#a83c3c"),
    ("Green", "#5f7d55"),
    ("Pink", "#f0becd"),
)
_PAPERS_EPOCHS = 100


def what_it_does(network: Network) -> str:
    """Two sentences for a visitor who knows nothing of the project."""
    parameters = network.record.get("result", {}).get("parameters")
    size = f" of {parameters:,} parameters" if parameters else ""
    return (
        f"A small neural network{size} looks at every face of a photograph and names its "
        "expression: neutral, sad, surprise or angry. It was trained on faces whose mouth and "
        "nose are hidden, so a mask does not stop it."
    )


def how_good(record: dict[str, Any]) -> str:
    """One sentence on the shipped network's accuracy, read from the record beside it."""
    result, settings = record.get("result", {}), record.get("settings", {})
    if not {"accuracy", "n"} <= result.keys():
        return "How often it is right has not been recorded for these weights."
    chance = "chance is 25%"
    if "measured" in result:
        return (
            f"Networks trained like it name the right one of four for {result['accuracy']:.1%} of "
            f"{result['n']:,} faces with drawn masks, each held back from the network that names "
            f"it ({result['measured']}); {chance}."
        )
    protocol = f"protocol {settings.get('protocol') or 'unknown'}, seed {settings.get('seed', '?')}"
    return (
        f"On {result['n']:,} validation faces with drawn masks, which it was not trained on, it "
        f"names the right one of four for {result['accuracy']:.1%} ({protocol}); {chance}."
    )


def how_measured(record: dict[str, Any]) -> str:
    """A network's accuracy, on how many faces, and how it was trained, for a table's cell."""
    result, settings = record.get("result", {}), record.get("settings", {})
    if not {"accuracy", "n"} <= result.keys():
        return "not recorded"
    right = f"{result['accuracy']:.1%} of {result['n']:,}"
    if "measured" in result:
        return f"{right} ({result['measured']}; trained beyond the paper's recipe)"
    scope = f"{settings.get('protocol') or 'unknown'} {settings.get('seed', '?')}"
    epochs = settings.get("epochs", "?")
    return (
        f"{right} ({scope}, validation; "
        f"the paper's recipe, {epochs} epochs instead of its {_PAPERS_EPOCHS})"
    )


def how_sure(record: dict[str, Any]) -> str:
    """One sentence from a network's record on its "not sure"; "" where it is always sure."""
    below, sure = record.get("not_sure_below", 0.0), record.get("sure", {})
    if below == 0:
        return ""
    above, rest = sure.get("accuracy"), sure.get("rest")
    if above is None or rest is None:
        return f"No expression reaches the {below:.0%} from which this network's answers count."
    return (
        f"Under {below:.0%}, networks of this recipe were right for {rest['value']:.0%} of "
        f"{rest['n']:,} held-back faces; from there on for {above['value']:.0%} of {above['n']:,}."
    )


def faces_found(predictions: Sequence[FacePrediction], marked: int) -> str:
    """How many faces were found and how many wear a mask; ``marked`` of them by the visitor."""
    found = len(predictions) - marked
    masks = sum(each.mask for each in predictions)
    count = "No face" if found == 0 else "1 face" if found == 1 else f"{found} faces"
    added = "" if marked == 0 else f", {marked} marked by you"
    worn = "no mask" if masks == 0 else "a mask" if masks == 1 else f"{masks} masks"
    return f"{count} found{added}, {worn} seen."


def kept_for(seconds: int) -> str:
    """What happens to a visitor's pictures, dropped every so many seconds."""
    times = f"{seconds // 60} to {seconds // 30} minutes"
    return (
        "Your pictures stay on the computer that runs this page, in a folder for temporary files, "
        f"and are deleted {times} after you added them, or when the page is shut down. Frames of "
        "the live camera are never written to its disk, and archives are not unpacked there. "
        "There is no account, no history and no counting of visitors."
    )
