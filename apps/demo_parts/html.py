"""The demo's own pieces of HTML. Whatever a visitor named is escaped here."""

import base64
from collections.abc import Sequence
from html import escape
from itertools import pairwise
from typing import Any

import numpy as np

from apps.demo_parts.reading import Reading, as_jpeg
from apps.demo_parts.words import (
    CAMERA,
    LIMITS,
    LINKS,
    SQUARE,
    TOO_LARGE,
    how_measured,
    none_of_the_four,
    what_is_worn,
)
from fermask.faces.drawing import CLASS_COLOURS
from fermask.faces.labels import CLASSES
from fermask.networks import network_label
from fermask.photographs.overlays import limit_size
from fermask.photographs.photograph import MAX_BYTES
from fermask.photographs.prediction import FacePrediction, NetworkAnswer
from fermask.photographs.records import face_caption, row_caption, short_caption

# For a ``gr.HTML`` with buttons: a click on one is the event ``select`` with its ``index``.
SELECT_BUTTON = """element.addEventListener("click", (event) => {
  const button = event.target.closest("[data-index]");
  if (button) trigger("select", { index: Number(button.dataset.index) });
});"""
_THUMBNAIL = 240


def html_header(title: str, sentence: str) -> str:
    """The page's head: what it does, and where to read on."""
    links = "".join(f'<a href="{escape(url)}">{escape(text)}</a>' for text, url in LINKS if url)
    return (
        f'<div class="ferm" data-most="{MAX_BYTES}" data-too-large="{TOO_LARGE}">'
        f"<h1>{escape(title)}</h1><p>{escape(sentence)}</p>"
        f'<p class="links">{links}</p></div>'
    )


def html_said(sentence: str, trouble: bool = False) -> str:
    """A sentence to the visitor."""
    return (
        f'<div class="ferm"><p class="said{" trouble" if trouble else ""}" role="status">'
        f"{escape(sentence)}</p></div>"
    )


def html_caption(sentence: str) -> str:
    """A picture's caption."""
    return f'<div class="ferm">{_quiet(sentence)}</div>'


def html_bars(probabilities: np.ndarray) -> str:
    """Four probabilities, ``(4,)``, as bars in class order."""
    top = int(np.argmax(probabilities))
    rows = []
    for i, (name, share) in enumerate(zip(CLASSES, probabilities, strict=True)):
        weight = " top" if i == top else ""
        rows.append(
            f'<div class="name{weight}">{name}</div>'
            f'<div class="track"><div class="fill" style="width:{share:.1%};'
            f'background:{CLASS_COLOURS[name]}"></div></div>'
            f'<div class="share{weight}">{share:.1%}</div>'
        )
    return f'<div class="bars">{"".join(rows)}</div>'


def html_verdict(face: FacePrediction, doubt: str, limits: bool = False) -> str:
    """What is said of the face, and why it is not sure; whether a mask was seen, and the bars.

    With ``limits``, what the network cannot know stands below.
    """
    badges = "".join(f'<span class="badge">{each}</span>' for each in what_is_worn(face))
    why = doubt if short_caption(face) == "not sure" else ""
    return (
        f'<div class="ferm"><p class="verdict"><b>{short_caption(face)}</b>{badges}</p>'
        f"{_quiet(none_of_the_four(face))}{html_bars(face.probabilities)}"
        f"{_quiet(why)}{_quiet(LIMITS if limits else '')}</div>"
    )


def html_photograph(reading: Reading, chosen: int | None) -> str:
    """The photograph, each face a button in its place, and below it what can be done with it."""
    width, height = reading.wh
    faces = "".join(_face_button(reading, i, i == chosen) for i in range(len(reading.faces)))
    return (
        f'<div class="photo" data-width="{width}" data-height="{height}" '
        f'style="--shape: {width / height:.4f}">'
        f'<img alt="Your photograph" draggable="false" src="{_data_url(reading.jpeg)}">{faces}'
        f'<button type="button" class="square" hidden aria-label="{SQUARE}"></button></div>'
        f'<p class="tools"><button type="button" data-do="mark" aria-pressed="false">Mark a face'
        '</button> <button type="button" data-do="clear">Another photograph</button></p>'
    )


def html_boxes(faces: Sequence[FacePrediction], picture_wh: tuple[int, int]) -> str:
    """Frames and captions to lay over a picture of this size."""
    return "".join(
        f'<div class="face" style="{_place(each.box_xywh, picture_wh)}">{_tag(i, each)}</div>'
        for i, each in enumerate(faces)
    )


def html_live() -> str:
    """The live camera's place, its button, and that of the answer."""
    return (
        '<div class="live"><div><div class="photo" style="--shape: 1.33">'
        '<video muted playsinline aria-label="Your camera"></video><div class="faces"></div></div>'
        '<p class="tools"><button type="button" data-do="camera">Start the camera</button>'
        '<span class="rate"></span></p></div>'
        f'<div class="answer">{html_caption(CAMERA)}</div></div>'
    )


def _face_button(reading: Reading, i: int, chosen: bool) -> str:
    face = reading.faces[i]
    high = " high" if face.box_xywh[1] < reading.wh[1] / 20 else ""
    return (
        f'<button type="button" class="face{high}" data-face="{i}" '
        f'aria-label="Face {face_caption(i + 1, face)}" aria-pressed="{str(chosen).lower()}" '
        f'style="{_place(face.box_xywh, reading.wh)}">{_tag(i, face)}</button>'
    )


def _tag(i: int, face: FacePrediction) -> str:
    return f"<span>{i + 1}<i> {short_caption(face)}</i></span>"


def html_examples(sentence: str, examples: list[tuple[np.ndarray, str]]) -> str:
    """Small pictures to click, uint8 RGB, each with its name."""
    buttons = "".join(
        f'<button type="button" data-index="{i}">'
        f'<img alt="" src="{_data_url(as_jpeg(limit_size(image_rgb, _THUMBNAIL)))}">'
        f"{escape(name)}</button>"
        for i, (image_rgb, name) in enumerate(examples)
    )
    return f'{html_caption(sentence)}<div class="examples">{buttons}</div>'


def html_figures(figures: list[tuple[np.ndarray, str, str]]) -> str:
    """Pictures, uint8 RGB, beside each other, each with its caption and HTML below it."""
    return "".join(
        f'<figure class="ferm"><img alt="" src="{_data_url(as_jpeg(image))}">'
        f"<figcaption>{escape(caption)}</figcaption>{below}</figure>"
        for image, caption, below in figures
    )


def html_networks(answers: list[NetworkAnswer]) -> str:
    """What several networks say of the same face, as a table."""
    rows = "".join(
        f"<tr><td>{escape(network_label(each.network.name))}</td>"
        f"<td><b>{each.label}</b>, {each.probabilities.max():.0%}</td>"
        f'<td class="number">{_parameters(each)}</td>'
        f'<td class="number">{each.milliseconds:.2f}</td>'
        f'<td class="long">{escape(how_measured(each.network.record))}</td></tr>'
        for each in answers
    )
    return _table(
        '<th>Network</th><th>Says</th><th class="number">Parameters</th>'
        '<th class="number">ms a face</th><th>Right on faces held back</th>',
        rows,
    )


def html_album(rows: list[dict[str, Any]], thumbnails: dict[int, bytes]) -> str:
    """An album's table so far.

    Args:
        rows: of ``records.as_rows``.
        thumbnails: JPEG by the row that opens the photograph, a file's first one.
    """
    starts = [i for i, row in enumerate(rows) if row["face"] in ("", 1)]
    body = []
    for start, end in pairwise([*starts, len(rows)]):
        file = _opener(_named(rows[start]), start, thumbnails)
        first = f'<td class="file" rowspan="{end - start}">{file}</td>'
        lines = [_cells(row) for row in rows[start:end]]
        body.append(f"<tr>{first}{'</tr><tr>'.join(lines)}</tr>")
    return _table("<th>File</th><th>Face</th><th>Expression</th><th>Mask</th>", "".join(body))


def html_films(rows: list[dict[str, Any]]) -> str:
    """The largest face's expressions over each film's time; "" where ``rows`` have no film.

    What the four classes leave of a column is the share of none of them.
    """
    films: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        if row["seconds"] != "" and row["face"] in ("", 1):
            films.setdefault(row["image"], []).append(row)
    return "".join(_film(name, frames) for name, frames in films.items())


def _film(name: str, frames: list[dict[str, Any]]) -> str:
    columns = []
    for row in frames:
        below, stops = 0.0, []
        for each in CLASSES if row["face"] else ():
            share = row[each] * (1 - (row["other"] or 0))
            stops.append(f"{CLASS_COLOURS[each]} {below:.1%} {below + share:.1%}")
            below += share
        rest = f"transparent {below:.1%}"
        drawn = f"background: linear-gradient(to top, {', '.join([*stops, rest])})" if stops else ""
        columns.append(f'<i style="{drawn}"></i>')
    legend = " ".join(f'<b style="color: {CLASS_COLOURS[each]}">■</b> {each}' for each in CLASSES)
    return (
        f'<figure class="ferm film"><div role="img" aria-label="Expressions over time, '
        f'{escape(name)}">{"".join(columns)}</div><figcaption>{escape(name)}, 0 to '
        f"{frames[-1]['seconds']:.0f} s, the largest face: {legend}, else none of them"
        "</figcaption></figure>"
    )


def _named(row: dict[str, Any]) -> str:
    return row["image"] if row["seconds"] == "" else f"{row['image']}, {row['seconds']:.1f} s"


def _opener(name: str, row: int, thumbnails: dict[int, bytes]) -> str:
    """The button that opens a row's photograph, where it is a file's first one; else its name."""
    if row not in thumbnails:
        return escape(name)
    return (
        f'<button type="button" data-index="{row}"><img alt="" src="{_data_url(thumbnails[row])}">'
        f"{escape(name)}</button>"
    )


def html_progress(done: int, count: int) -> str:
    """How many of an album's pictures and frames have been read."""
    return (
        f'<div class="ferm"><p role="status">{done} of {count} read</p>'
        f'<progress value="{done}" max="{max(count, 1)}" aria-label="Read"></progress></div>'
    )


def html_download(csv: str, name: str) -> str:
    """A button that saves a CSV file; its bytes are in the page, and so never on a disk here."""
    # Excel takes UTF-8 for what it is only after a byte order mark.
    data = base64.b64encode(csv.encode("utf-8-sig")).decode()
    return (
        f'<div class="ferm"><a class="button" download="{escape(name)}" '
        f'href="data:text/csv;charset=utf-8;base64,{data}">Download {escape(name)}</a></div>'
    )


def _quiet(sentence: str) -> str:
    return f'<p class="quiet">{escape(sentence)}</p>' if sentence else ""


def _data_url(jpeg: bytes) -> str:
    return f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode()}"


def _place(box_xywh: tuple[int, int, int, int], picture_wh: tuple[int, int]) -> str:
    names = ("left", "top", "width", "height")
    shares = (value / picture_wh[i % 2] for i, value in enumerate(box_xywh))
    return "; ".join(f"{name}: {share:.3%}" for name, share in zip(names, shares, strict=True))


def _parameters(answer: NetworkAnswer) -> str:
    parameters = answer.network.record.get("result", {}).get("parameters")
    return "?" if parameters is None else f"{parameters:,}"


def _table(head: str, rows: str) -> str:
    return (
        '<div class="ferm" tabindex="0" role="region" aria-label="Table">'
        f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _cells(row: dict[str, Any]) -> str:
    if row["face"] == "":
        return f'<td colspan="3">{escape(row["error"] or "No face was found.")}</td>'
    words = row_caption(row)
    if words == "not sure":
        words += f" (perhaps {row['label']} {row[row['label']]:.0%})"
    else:
        words = f"<b>{words}</b>"
    mask = {True: "yes", False: "no", "": "unsure"}[row["mask"]]
    return f"<td>{row['face']}</td><td>{words}</td><td>{mask}</td>"
