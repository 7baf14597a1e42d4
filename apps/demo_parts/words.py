"""The demo's words: sentences that stay, and those that a record or a result is put into."""

import os
import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

from fermask.evaluation.headlines import HELD_BACK, stated_headlines
from fermask.evaluation.scope import FRESH
from fermask.networks.inference import Network
from fermask.photographs.photograph import MAX_BYTES, MAX_JPEG_PIXELS, MAX_PIXELS
from fermask.photographs.prediction import FacePrediction
from fermask.photographs.records import row_caption

# The paper is not open on the web, so its title is searched for.
PAPER_URL = (
    "https://scholar.google.com/scholar?q=%22Facial+Expression+Recognition+with+Mask+"
    "Based+on+M-Xception+Net%22"
)
LINKS: tuple[tuple[str, str], ...] = (
    # Where an explorer, and the page without a server, are; without one there is no link.
    ("Its training faces and mistakes", os.environ.get("EXPLORER_URL", "")),
    ("In your own browser", os.environ.get("BROWSER_URL", "")),
    ("The paper", PAPER_URL),
    ("Model card", "#model-card"),
)

TITLE = "Read the expression of a face that wears a mask"
START = "Add a photograph or click an example: the answer appears here."
LOOKING = "Looking for faces."
WRONG_INPUT = "Expected the inputs that /gradio_api/info names, received others."
BROKEN = "This could not be answered, which is our mistake and was written down. Try it again."
GONE = "This photograph is no longer kept. Add it again."
NO_FACE = "No face was found. If there is one, drag a square around it, hair to chin."
TOO_LONG = "This took too long and was stopped. Try a smaller picture."
NO_LINKS = "Expected an uploaded file, received a link. Save the picture and upload it."
TOO_LARGE = f"A file has more than {MAX_BYTES // 1_000_000} MB and was not sent. Reduce it."
# As Gradio calls this place to screen readers, which should say what is seen.
DROP = "Drop an image file here to upload"
WELCOME = (
    f"Pictures of at most {MAX_BYTES // 1_000_000} MB and {MAX_PIXELS // 1_000_000} megapixels, a "
    f"JPEG {MAX_JPEG_PIXELS // 1_000_000}."
)
EXAMPLES = (
    "Examples: two portraits in the public domain (NASA, US Navy). Masks, surprise and anger are "
    "drawn."
)
SQUARE = "Square around a face: arrow keys move it, plus and minus change its size, Enter reads it"
CAMERA = (
    "Nothing of the camera is kept. Neutral faces are taken to be as common as in photographs, "
    "which is wrong of actors."
)
# Beside every verdict.
LIMITS = (
    "A guess at the word others would use, not at what the person feels, and often wrong: decide "
    "nothing about anyone by it."
)
SEEN = ("Cut out as the training faces were.", "What the network saw: 48 × 48 grey pixels.")
ABOUT_MASKS = (
    "The same face under a drawn mask, which leaves the 27 blue ones of its 68 landmarks visible."
)
ABOUT_NETWORKS = (
    "The paper compares its M-Xception with three others; these were trained for fewer epochs, so "
    "this shows how networks differ, not which is best. M-Xception alone takes neutral faces to be "
    "as common as in photographs."
)
HOW_TRAINED = (
    "It learned from photographs of FER2013 under drawn masks; ten people each had named the bare "
    "face's expression."
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
    """A sentence for a visitor who knows nothing of the project."""
    parameters = network.record["result"]["parameters"]
    return (
        f"A network of {parameters:,} parameters, trained on faces under masks, names every face's "
        "expression: neutral, sad, surprise or angry."
    )


def how_good(record: dict[str, Any]) -> str:
    """One sentence on the shipped network's accuracy, read from the record beside it."""
    asked = (
        "How often it names the right one of four for faces under drawn masks that it had not seen"
    )
    stated = stated_headlines(record)
    if not stated:
        return f"{asked}: {how_measured(record)}; chance is 25%."
    told = [
        f"{share.percent}% (95% interval {share.interval}) of {which}"
        for share, which in (
            (stated[HELD_BACK], f"{stated[HELD_BACK].n:,}"),
            (stated[FRESH], f"the {stated[FRESH].n:,} whose photograph stands once in FER2013"),
        )
    ]
    said = f"{asked}: {' and '.join(told)}; chance is 25%."
    pretrainings = len(stated[FRESH].each)
    if pretrainings == 1:
        return said
    each = "; ".join(f"{share.spread}%" for share in stated.values())
    return (
        f"{said} These are means over {pretrainings} pretrainings ({each}), of which the first "
        "answers here."
    )


def how_worn(rates: dict[str, Any]) -> str:
    """What is known of masks that people wear, from a network's rates in ``data/worn.json``."""
    if not rates:
        return ""
    shares = {what: f"{rate['value']:.1%}" for what, rate in rates.items()}
    n = {what: rate["n"] for what, rate in rates.items()}
    named, seen, bare = "worn neutral named neutral", "worn masks seen", "bare faces called masked"
    return (
        f"Of {n[named]} faces in real masks that three vision-language models, not people, all "
        f"called neutral, it names {shares[named]} so and "
        f"{shares['worn neutral surely named another']} surely something else (it is sure of "
        f"{shares['worn neutral sure']}); it sees {shares[seen]} of {n[seen]} such masks and calls "
        f"{shares[bare]} of {n[bare]} bare faces masked. Prior and thresholds were chosen on other "
        "such pictures; the rule for the prior was made stricter after these had been seen once."
    )


def which_prior(network: Network) -> str:
    """What is taken for how common neutral faces are; "" where nothing is added to FERM's."""
    if network.neutral_shift == 0:
        return ""
    return (
        "Neutral faces are taken to be more common than in its training, as they are in "
        f"photographs: {network.neutral_shift:g} is added to neutral's log-odds. Of actors, who "
        "are seldom neutral, that is wrong."
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
    scope = f"{record['ferm']}, {scope}" if "ferm" in record else scope
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


def evidence_caption(label: str) -> str:
    """What the colours over a face mean."""
    return f"Where it looked: orange speaks for {label}, blue against it."


def what_is_worn(face: FacePrediction) -> list[str]:
    """Whether a mask was seen, and whether it leaves the nose bare."""
    seen = {True: "mask seen", False: "no mask", None: "perhaps a mask"}[face.mask]
    return [seen, "nose bare"] if face.mask and face.nose_covered is False else [seen]


def none_of_the_four(face: FacePrediction) -> str:
    """How likely it is none of the four expressions, and a smile; "" for networks without.

    What the four share out among themselves is said next.
    """
    if face.other is None or face.smile is None:
        return ""
    return f"None of the four: {face.other:.0%} (a smile: {face.smile:.0%}). If one of them:"


def faces_found(faces: Sequence[FacePrediction], marked: int) -> str:
    """How many faces were found and how many wear a mask; ``marked`` of them by the visitor."""
    found, masks = len(faces) - marked, sum(each.mask is True for each in faces)
    count = "No face" if found == 0 else "1 face" if found == 1 else f"{found} faces"
    added = "" if marked == 0 else f", {marked} marked by you"
    worn = "no mask" if masks == 0 else "a mask" if masks == 1 else f"{masks} masks"
    if any(each.mask is None for each in faces):
        worn = "perhaps a mask" if masks == 0 else f"{worn}, perhaps more,"
    return f"{count} found{added}, {worn} seen.{' Click one.' if len(faces) > 1 else ''}"


def album_summary(rows: list[dict[str, Any]]) -> str:
    """How many files and faces there are, and how many of each expression."""
    faces = [row for row in rows if row["face"] != ""]
    captions = Counter(re.sub(r" \d+%$", "", row_caption(row)) for row in faces)
    counts = ", ".join(f"{count} {name}" for name, count in captions.most_common())
    unread = sum(row["error"] != "" for row in rows)
    trouble = "" if unread == 0 else f" {unread} could not be read, and the table says why."
    files = len({row["image"] for row in rows})
    return f"{files} files, {len(faces)} faces{': ' if counts else ''}{counts}.{trouble}"


def kept_for(seconds: int) -> str:
    """What happens to a visitor's pictures, dropped every so many seconds."""
    return (
        "Your pictures stay on the computer that runs this page and are deleted within "
        f"{seconds // 30} minutes. No account, no history, no counting of visitors."
    )
