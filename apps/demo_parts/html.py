"""The demo's own pieces of HTML. Whatever a visitor named is escaped here."""

import base64
from html import escape
from typing import Any

import numpy as np

from apps.demo_parts.words import LINKS, how_measured
from fermask.faces.drawing import CLASS_COLOURS
from fermask.faces.labels import CLASSES
from fermask.networks import network_label
from fermask.photographs.prediction import FacePrediction, NetworkAnswer


def html_header(title: str, sentences: list[str]) -> str:
    """The page's head: what it does, and where to read on."""
    paragraphs = "".join(f"<p>{escape(sentence)}</p>" for sentence in sentences)
    links = "".join(f'<a href="{escape(url)}">{escape(text)}</a>' for text, url in LINKS if url)
    return (
        f'<div class="ferm"><h1>{escape(title)}</h1>{paragraphs}<p class="links">{links}</p></div>'
    )


def html_section(title: str, sentence: str) -> str:
    """A section's title and what it is about."""
    return html_sections([(title, sentence)])


def html_sections(sections: list[tuple[str, str]]) -> str:
    """Sections of a title and a sentence each, which may be empty."""
    parts = []
    for title, sentence in sections:
        quiet = f'<p class="quiet">{escape(sentence)}</p>' if sentence else ""
        parts.append(f"<h2>{escape(title)}</h2>{quiet}")
    return f'<div class="ferm">{"".join(parts)}</div>'


def html_said(sentence: str, trouble: bool = False) -> str:
    """A sentence to the visitor."""
    return (
        f'<div class="ferm"><p class="said{" trouble" if trouble else ""}" role="status">'
        f"{escape(sentence)}</p></div>"
    )


def html_caption(sentence: str) -> str:
    """A picture's caption."""
    return f'<div class="ferm"><p class="quiet">{escape(sentence)}</p></div>'


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


def html_verdict(prediction: FacePrediction, doubt: str, title: str = "") -> str:
    """The likeliest class, or "Not sure" and why; whether a mask was seen, and the bars."""
    seen = "mask seen" if prediction.mask else "no mask"
    share = prediction.probabilities[prediction.class_index]
    heading = f'<p class="quiet">{escape(title)}</p>' if title else ""
    said = f"<b>{prediction.label}</b>, {share:.0%}" if prediction.sure else "<b>Not sure</b>"
    why = "" if prediction.sure else f'<p class="quiet doubt">{escape(doubt)}</p>'
    return (
        f'<div class="ferm">{heading}<p class="verdict">{said}'
        f'<span class="badge">{seen}</span></p>{html_bars(prediction.probabilities)}{why}</div>'
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


def html_album(rows: list[dict[str, Any]]) -> str:
    """An album's table so far; ``rows`` as ``records.as_rows`` gives them."""
    body = "".join(
        f'<tr><td class="file">{escape(row["image"])}</td>{_cells(row)}</tr>' for row in rows
    )
    return _table("<th>File</th><th>Face</th><th>Expression</th><th>Mask</th>", body)


def html_progress(done: int, count: int) -> str:
    """How many of an album's files have been read."""
    return (
        f'<div class="ferm"><p role="status">{done} of {count} files read</p>'
        f'<progress value="{done}" max="{max(count, 1)}" aria-label="Files read"></progress></div>'
    )


def html_download(csv: str, name: str) -> str:
    """A button that saves a CSV file; its bytes are in the page, and so never on a disk here."""
    # Excel takes UTF-8 for what it is only after a byte order mark.
    data = base64.b64encode(csv.encode("utf-8-sig")).decode()
    return (
        f'<div class="ferm"><a class="button" download="{escape(name)}" '
        f'href="data:text/csv;charset=utf-8;base64,{data}">Download {escape(name)}</a></div>'
    )


def html_frame(jpeg: bytes, caption: str) -> str:
    """A frame of the live camera, its bytes in the page."""
    data = base64.b64encode(jpeg).decode()
    return (
        f'<div class="ferm"><img class="frame" alt="{escape(caption)}" '
        f'src="data:image/jpeg;base64,{data}"></div>'
    )


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
    said = f"{row['label']}, {row[row['label']]:.0%}"
    said = f"<b>{said}</b>" if row["sure"] else f"not sure (perhaps {said})"
    return f"<td>{row['face']}</td><td>{said}</td><td>{'yes' if row['mask'] else 'no'}</td>"
