"""The map of a set's faces, drawn in the browser: hover shows a face, a click or a line chooses."""

import base64
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from apps.explorer_parts.charts import OTHER_COLOUR, class_colour
from apps.explorer_parts.data import Shown
from fermask.exploring.one_face import position_of_row
from fermask.networks.predictions import classes_of

UNKNOWN = "no prediction"
_FORMS = ("circle", "square", "diamond", "triangle")
# Colour and form of what is no class: told apart by more than colour.
_MARKS = {
    "right": ("#4db6c6", "circle"),
    "wrong": ("#c4513a", "cross"),
    UNKNOWN: (OTHER_COLOUR, "ring"),
}

_CSS = """
:host, .map { font-family: var(--st-font); color: var(--st-text-color); font-size: 0.85rem; }
canvas[role] { display: block; width: 100%; height: min(62vh, 600px); touch-action: pan-y;
  border: 1px solid var(--st-border-color); border-radius: var(--st-base-radius);
  cursor: crosshair; }
@media (max-width: 640px) { canvas[role] { height: 44vh; } }
.tools, .legend { display: flex; flex-wrap: wrap; gap: 0.3rem 0.9rem; align-items: center;
  padding: 0.3rem 0; }
.tools button { all: unset; cursor: pointer; padding: 0.2rem 0.6rem; border: 1px solid
  var(--st-border-color); border-radius: var(--st-base-radius); }
.tools button[aria-pressed=true] { border-color: var(--st-primary-color);
  background: var(--st-secondary-background-color); }
.tools button:focus-visible { outline: 2px solid var(--st-primary-color); }
.tools span { opacity: 0.75; }
.legend canvas { width: 14px; height: 14px; vertical-align: -2px; }
"""

_JS = """
const FORMS = {
  circle: (c, r) => c.arc(0, 0, r, 0, 7),
  ring: (c, r) => c.arc(0, 0, r, 0, 7),
  square: (c, r) => c.rect(-r, -r, 2 * r, 2 * r),
  diamond: (c, r) => { c.moveTo(0, -1.4 * r); c.lineTo(1.4 * r, 0); c.lineTo(0, 1.4 * r);
    c.lineTo(-1.4 * r, 0); c.closePath(); },
  triangle: (c, r) => { c.moveTo(0, -1.3 * r); c.lineTo(1.3 * r, r); c.lineTo(-1.3 * r, r);
    c.closePath(); },
  cross: (c, r) => { c.moveTo(-r, -r); c.lineTo(r, r); c.moveTo(r, -r); c.lineTo(-r, r); },
};
const mark = (c, { form, colour }, x, y, r) => {
  c.save();
  c.translate(x, y);
  c.beginPath();
  FORMS[form](c, r);
  const hollow = form === 'ring' || form === 'cross';
  c[hollow ? 'strokeStyle' : 'fillStyle'] = colour;
  if (hollow) { c.lineWidth = 1.5; c.stroke(); } else c.fill();
  c.restore();
};

export default function ({ data, setTriggerValue, parentElement }) {
  const keep = parentElement.keep ??= { tool: 'box', zoom: null };
  if (keep.points !== data.projection) Object.assign(keep, { points: data.projection, zoom: null });
  keep.off?.();
  const root = document.createElement('div');
  root.className = 'map';
  const add = (parent, tag, text, className) => {
    const element = document.createElement(tag);
    if (text) element.textContent = text;
    if (className) element.className = className;
    parent.appendChild(element);
    return element;
  };
  const tools = add(root, 'div', '', 'tools');
  for (const [name, words] of [['box', 'Box'], ['lasso', 'Lasso'], ['move', 'Move']]) {
    const button = add(tools, 'button', words);
    button.type = 'button';
    button.setAttribute('aria-pressed', String(keep.tool === name));
    button.onclick = () => {
      keep.tool = name;
      for (const each of tools.querySelectorAll('button')) {
        each.setAttribute('aria-pressed', String(each === button));
      }
    };
  }
  add(tools, 'span', 'Click a face, or draw around several; the wheel zooms.');
  const canvas = add(root, 'canvas');
  canvas.setAttribute('role', 'img');
  canvas.setAttribute('aria-label', data.alt);
  const legend = add(root, 'div', '', 'legend');
  for (const kind of data.kinds) {
    const entry = add(legend, 'span');
    const sample = add(entry, 'canvas');
    sample.width = sample.height = 14;
    mark(sample.getContext('2d'), kind, 7, 7, 4);
    entry.append(' ' + kind.name + ' (' + kind.n.toLocaleString('en') + ')');
  }

  const numbers = (text, Type) => {
    const bytes = Uint8Array.from(atob(text), (each) => each.charCodeAt(0));
    return new Type(bytes.buffer);
  };
  const [x, y] = [numbers(data.x, Float32Array), numbers(data.y, Float32Array)];
  const rows = numbers(data.rows, Uint32Array);
  const [kind, label, predicted, sure] = [data.kind, data.label, data.predicted, data.sure].map(
    (each) => numbers(each, Uint8Array));
  const strong = data.strong === null ? null : new Set(data.strong);
  // 255 stands for no prediction.
  const words = (i) => 'row ' + rows[i] + ': ' + data.names[label[i]] +
    (predicted[i] === 255 ? '' : ' → ' + data.names[predicted[i]] + ', ' + sure[i] + '%');
  const least = (values) => values.reduce((a, b) => Math.min(a, b), Infinity);
  const most = (values) => values.reduce((a, b) => Math.max(a, b), -Infinity);
  const bounds = { x0: least(x), x1: most(x), y0: least(y), y1: most(y) };
  let width = 0, height = 0, scale = 1, middle = [0, 0], drawn = null, under = -1;
  const place = () => {
    // The same unit both ways: a map pulled wide would make neighbours of strangers.
    const fit = 0.94 * Math.min(width / (bounds.x1 - bounds.x0), height / (bounds.y1 - bounds.y0));
    scale = fit * (keep.zoom?.by ?? 1);
    middle = keep.zoom?.middle ?? [(bounds.x0 + bounds.x1) / 2, (bounds.y0 + bounds.y1) / 2];
  };
  const toScreen = (px, py) =>
    [width / 2 + (px - middle[0]) * scale, height / 2 - (py - middle[1]) * scale];
  const toMap = (sx, sy) =>
    [middle[0] + (sx - width / 2) / scale, middle[1] - (sy - height / 2) / scale];
  const outline = (context, corners, close) => {
    const path = corners.length === 2
      ? [corners[0], [corners[1][0], corners[0][1]], corners[1], [corners[0][0], corners[1][1]]]
      : corners;
    context.beginPath();
    path.forEach(([px, py], i) => context[i ? 'lineTo' : 'moveTo'](...toScreen(px, py)));
    if (close || corners.length === 2) context.closePath();
    context.strokeStyle = '#8a5cc2';
    context.lineWidth = 2;
    context.stroke();
  };
  const draw = () => {
    const ratio = devicePixelRatio || 1;
    canvas.width = width * ratio;
    canvas.height = height * ratio;
    const context = canvas.getContext('2d');
    context.scale(ratio, ratio);
    place();
    const size = Math.min(6, 2.6 * Math.sqrt(keep.zoom?.by ?? 1));
    // Each kind is drawn once, and its picture put at every face.
    const side = 2 * Math.ceil(2 * size);
    const pictures = data.kinds.map((each) => {
      const picture = document.createElement('canvas');
      picture.width = picture.height = side * ratio;
      const own = picture.getContext('2d');
      own.scale(ratio, ratio);
      mark(own, each, side / 2, side / 2, size);
      return picture;
    });
    for (const pass of [false, true]) {
      context.globalAlpha = pass ? 0.8 : 0.15;
      for (let i = 0; i < x.length; i++) {
        if ((strong === null || strong.has(i)) !== pass) continue;
        const [sx, sy] = toScreen(x[i], y[i]);
        if (sx < -side || sy < -side || sx > width + side || sy > height + side) continue;
        context.drawImage(pictures[kind[i]], sx - side / 2, sy - side / 2, side, side);
      }
    }
    context.globalAlpha = 1;
    for (const each of [data.ring, under]) {
      if (each === null || each < 0) continue;
      context.beginPath();
      context.arc(...toScreen(x[each], y[each]), 9, 0, 7);
      context.strokeStyle = '#8a5cc2';
      context.lineWidth = 2.5;
      context.stroke();
    }
    if (drawn) outline(context, drawn, false);
    else if (data.area) outline(context, data.area, true);
  };
  const nearest = (sx, sy) => {
    let best = -1, least = 144;
    for (let i = 0; i < x.length; i++) {
      const [px, py] = toScreen(x[i], y[i]);
      const far = (px - sx) ** 2 + (py - sy) ** 2;
      if (far < least) [best, least] = [i, far];
    }
    return best;
  };
  // What is under the pointer is told to the tip, which is a component of its own.
  const showTip = () => {
    const box = canvas.getBoundingClientRect();
    const [sx, sy] = under < 0 ? [0, 0] : toScreen(x[under], y[under]);
    const face = under < 0 ? null : { row: rows[under], text: words(under), x: box.left + sx,
      y: box.top + sy };
    window.dispatchEvent(new CustomEvent('ferm-hover', { detail: face }));
  };
  const at = (event) => {
    const box = canvas.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  let start = null;
  canvas.onpointerdown = (event) => {
    start = { screen: at(event), map: toMap(...at(event)), middle };
    if (event.pointerType !== 'touch') canvas.setPointerCapture(event.pointerId);
  };
  canvas.onpointermove = (event) => {
    const [sx, sy] = at(event);
    if (!start) {
      const found = nearest(sx, sy);
      if (found === under) return;
      under = keep.under = found;
      showTip();
      draw();
      return;
    }
    if (event.pointerType === 'touch') return;
    const far = Math.hypot(sx - start.screen[0], sy - start.screen[1]);
    if (!start.moved && far < 4) return;
    start.moved = true;
    under = -1;
    showTip();
    if (keep.tool === 'move') {
      const middleNow = [start.middle[0] - (sx - start.screen[0]) / scale,
        start.middle[1] + (sy - start.screen[1]) / scale];
      keep.zoom = { by: keep.zoom?.by ?? 1, middle: middleNow };
    } else if (keep.tool === 'box') drawn = [start.map, toMap(sx, sy)];
    else (drawn ??= [start.map]).push(toMap(sx, sy));
    draw();
  };
  canvas.onpointerup = (event) => {
    const moved = start?.moved;
    start = null;
    if (drawn) setTriggerValue('area', drawn);
    else if (!moved) {
      const found = nearest(...at(event));
      setTriggerValue('face', found < 0 ? -1 : rows[found]);
    }
  };
  canvas.onpointerleave = () => {
    if (start) return;
    under = keep.under = -1;
    showTip();
    draw();
  };
  canvas.ondblclick = () => { keep.zoom = null; draw(); };
  canvas.onwheel = (event) => {
    event.preventDefault();
    const [sx, sy] = at(event);
    const fixed = toMap(sx, sy);
    const by = Math.min(40, Math.max(1, (keep.zoom?.by ?? 1) * Math.exp(-event.deltaY / 400)));
    keep.zoom = { by, middle };
    place();
    keep.zoom.middle = by === 1 ? null : [fixed[0] - (sx - width / 2) / scale,
      fixed[1] + (sy - height / 2) / scale];
    draw();
  };
  const watch = new ResizeObserver(() => {
    [width, height] = [canvas.clientWidth, canvas.clientHeight];
    if (!width) return;
    // The page ran again under a pointer at rest: what it shows stays.
    if (under < 0 && keep.under >= 0) under = keep.under;
    draw();
    showTip();
  });
  keep.off = () => watch.disconnect();
  const old = parentElement.querySelector('.map');
  if (old) old.replaceWith(root); else parentElement.appendChild(root);
  watch.observe(canvas);
}
"""

_map = st.components.v2.component("ferm_map", css=_CSS, js=_JS)

_TIP_CSS = """
.tip { position: fixed; pointer-events: none; padding: 0.35rem; z-index: 3; max-width: 13rem;
  font-family: var(--st-font); color: var(--st-text-color); font-size: 0.85rem;
  border: 1px solid var(--st-border-color); border-radius: var(--st-base-radius);
  background: var(--st-background-color); box-shadow: 0 2px 12px rgb(0 0 0 / 25%); }
.tip[hidden] { display: none; }
.tip img { width: 96px; height: 96px; display: block; }
"""

_TIP_JS = """
export default function ({ data, setTriggerValue, parentElement: keep }) {
  if (!keep.tip) {
    keep.tip = document.createElement('div');
    keep.tip.className = 'tip';
    keep.tip.hidden = true;
    keep.tip.append(document.createElement('img'), document.createElement('div'));
    keep.append(keep.tip);
  }
  if (data.view !== keep.view) Object.assign(keep, { view: data.view, pictures: new Map() });
  if (data.hovered) keep.pictures.set(data.hovered.row, data.hovered.picture);
  const { tip } = keep;
  const [picture, words] = tip.children;
  const show = (face) => {
    keep.face = face;
    tip.hidden = !face;
    clearTimeout(keep.asking);
    if (!face) return;
    tip.style.left = Math.min(face.x + 14, innerWidth - 130) + 'px';
    tip.style.top = (face.y > innerHeight / 2 ? face.y - 150 : face.y + 14) + 'px';
    words.textContent = face.text;
    picture.hidden = !keep.pictures.has(face.row);
    if (picture.hidden) keep.asking = setTimeout(() => setTriggerValue('row', face.row), 60);
    else picture.src = keep.pictures.get(face.row);
  };
  keep.off?.();
  const onHover = (event) => show(event.detail);
  window.addEventListener('ferm-hover', onHover);
  keep.off = () => window.removeEventListener('ferm-hover', onHover);
  show(keep.face);
  return () => keep.off();
}
"""

_tip = st.components.v2.component("ferm_map_tip", css=_TIP_CSS, js=_TIP_JS)


def map_data(
    table: pd.DataFrame,
    points_xy: np.ndarray,
    drawn: np.ndarray,
    strong: np.ndarray | None,
    column: str,
) -> dict[str, Any]:
    """The faces as marks, for ``show_map``.

    Args:
        table: as ``fermask.exploring.faces_table.faces_table`` gives it.
        points_xy: of all its faces, ``(n, 2)``.
        drawn: positions of the faces to draw.
        strong: positions of those that are not drawn faint, or None for all.
        column: of the table, whose value a mark's form and colour tell.
    """
    faces = table.iloc[drawn]
    values = faces[column].fillna(UNKNOWN)
    classes = classes_of(table)
    marks = {
        name: (class_colour(name), _FORMS[i % len(_FORMS)]) for i, name in enumerate(classes)
    } | _MARKS
    names = [name for name in marks if (values == name).any()]
    x, y = points_xy[drawn].T
    numbers = {
        "x": x.astype("<f4"),
        "y": y.astype("<f4"),
        "rows": faces["row"].to_numpy("<u4"),
        "kind": values.map(names.index).to_numpy("u1"),
        "label": faces["label"].map(classes.index).to_numpy("u1"),
        "predicted": faces["predicted"].map(classes.index, na_action="ignore").fillna(255),
        "sure": (100 * faces["confidence"].fillna(0)).round(),
    }
    return {
        # Thousands of numbers as text would be most of what the page loads.
        **{
            name: base64.b64encode(
                (each if isinstance(each, np.ndarray) else each.to_numpy("u1")).tobytes()
            ).decode()
            for name, each in numbers.items()
        },
        "names": classes,
        "kinds": [
            {"name": name, "colour": colour, "form": form, "n": int((values == name).sum())}
            for name, (colour, form) in marks.items()
            if name in names
        ],
        "strong": None if strong is None else np.flatnonzero(np.isin(drawn, strong)).tolist(),
    }


def show_map(
    data: dict[str, Any], key: str, on_face: Callable[[], None], on_area: Callable[[], None]
) -> None:
    """The map.

    Args:
        data: of ``map_data``, with ``projection`` (its name), ``ring`` (index of the face to ring,
            or None), ``area`` (corners, or None) and ``alt``.
        key: where Streamlit keeps what is chosen: ``face`` (a row, or -1) and ``area`` (corners).
        on_face: called after a click.
        on_area: called after a drawing.
    """
    _map(key=key, data=data, on_face_change=on_face, on_area_change=on_area)


@st.fragment
def show_tip(shown: Shown) -> None:
    """The face under the pointer, whose picture is asked for once it rests there."""
    row = getattr(st.session_state.get("map_tip"), "row", None)
    hovered = None
    if row is not None:
        picture = shown.masked_url(position_of_row(shown.table, int(row)))
        hovered = {"row": int(row), "picture": picture}
    view = f"{shown.ferm.name} {shown.has_pictures}"
    _tip(key="map_tip", data={"view": view, "hovered": hovered}, on_row_change=lambda: None)
