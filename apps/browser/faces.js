// A photograph → its faces → what the network says of each, in the visitor's browser. The same steps
// as core/fermask/photographs (boxes, centerface, detection, framing, prediction), whose
// names the functions have; settings.json holds Python's own numbers. tests/apps/test_browser.py
// holds both against each other.
const ROOT = "../../";
const find = (selector) => document.querySelector(selector);
const range = (n) => Array.from({ length: n }, (_, i) => i);
const clamp = (value, low, high) => Math.min(Math.max(value, low), high);
// To the nearest, halves to the even one, as numpy does.
const rint = (x) => (Math.abs(x % 1) === 0.5 ? 2 * Math.round(x / 2) : Math.round(x));
const sum = (values) => values.reduce((a, b) => a + b, 0);
const argmax = (values) => values.indexOf(Math.max(...values));

let ort, detector, network, settings;

export async function load() {
  settings = await (await fetch("settings.json")).json();
  // WebGPU where there is one; its build is twice as large.
  const kind = "gpu" in navigator && (await navigator.gpu.requestAdapter()) ? "webgpu" : "wasm";
  ort = await import(`${ROOT}runtime/ort.${kind}.bundle.min.mjs`);
  const wasm = `ort-wasm-simd-threaded${kind === "webgpu" ? ".asyncify" : ""}.wasm`;
  ort.env.wasm.wasmPaths = { wasm: new URL(`${ROOT}runtime/${wasm}`, location.href).href };
  ort.env.wasm.numThreads = 1;
  const open = (file) =>
    ort.InferenceSession.create(`${ROOT}data/models/${file}`, { executionProviders: [kind] });
  [detector, network] = await Promise.all([open("centerface.onnx"), open(settings.network)]);
}

// boxes

const area = ([left, top, right, bottom]) => Math.max(right - left, 0) * Math.max(bottom - top, 0);
const shared = (a, b) =>
  area([Math.max(a[0], b[0]), Math.max(a[1], b[1]), Math.min(a[2], b[2]), Math.min(a[3], b[3])]);
const iou = (a, b) => shared(a, b) / (area(a) + area(b) - shared(a, b) || 1);
const boxOf = (face) => [...face.points[0], ...face.points[1]];

function bestOfOverlapping(faces, threshold) {
  const kept = [];
  for (const face of [...faces].sort((a, b) => b.score - a.score)) {
    const box = boxOf(face);
    const free = (each) =>
      shared(box, boxOf(each)) <= threshold * Math.min(area(box), area(boxOf(each)));
    if (kept.every(free)) kept.push(face);
  }
  return kept;
}

// For each pixel of a side of `to` pixels, the pixels of `from` that it is made of, and their weights;
// of a larger side in 2048ths, as OpenCV has them: across, the edge's pixel counts whole beyond it.
function weights(from, to, shrinks, isAcross) {
  const scale = from / to;
  return range(to).map((i) => {
    if (!shrinks) {
      const exact = Math.fround((i + 0.5) * scale - 0.5);
      const at = isAcross ? clamp(exact, 0, from - 1) : exact;
      const low = Math.floor(at);
      const share = Math.fround(at - low);
      const pixels = [low, low + 1].map((pixel) => clamp(pixel, 0, from - 1));
      return [[pixels[0], rint(2048 * Math.fround(1 - share))], [pixels[1], rint(2048 * share)]];
    }
    const start = i * scale;
    const stop = Math.min(start + scale, from);
    return range(Math.ceil(stop) - Math.floor(start))
      .map((n) => n + Math.floor(start))
      .map((j) => [j, Math.min(j + 1, stop) - Math.max(j, start)])
      .filter(([j, width]) => width > 1e-3 && j < from)
      .map(([j, width]) => [j, Math.fround(width / (stop - start))]);
  });
}

// A part of the picture at another size: float32 (3, height, width) with whole numbers 0…255.
function sampleView(picture, [x, y, w, h], [viewWidth, viewHeight]) {
  const scale = [viewWidth / w, viewHeight / h];
  const size = [picture.width, picture.height];
  const start = [x, y].map((v, i) => clamp(Math.floor(v), 0, size[i]));
  const stop = [x + w, y + h].map((v, i) => clamp(Math.ceil(v), 0, size[i]));
  const view = new Float32Array(3 * viewWidth * viewHeight);
  if (stop[0] <= start[0] || stop[1] <= start[1]) {
    return { view, origin: [x, y], step: scale.map((s) => 1 / s) };
  }
  const viewStart = [x, y].map((v, i) => rint((start[i] - v) * scale[i]));
  const part = [stop[0] - start[0], stop[1] - start[1]];
  const shown = part.map((v, i) => Math.max(rint(v * scale[i]), 1));
  const shrinks = shown[0] < part[0];
  const columns = weights(part[0], shown[0], shrinks, true);
  // A row of the part at its new width: float32 (width, 3), in which 2048ths are whole numbers.
  const across = (y) => {
    const row = new Float32Array(3 * shown[0]);
    const base = (y + start[1]) * picture.width + start[0];
    columns.forEach((each, i) => {
      for (const [x, weight] of each) {
        for (let c = 0; c < 3; c += 1) row[3 * i + c] += weight * picture.rgba[4 * (base + x) + c];
      }
    });
    return row;
  };
  const halves = part.every((v, i) => v === 2 * shown[i]);
  const mean = (rows, k) => {
    const value = rows.reduce((total, [row, weight]) => Math.fround(total + weight * row[k]), 0);
    return halves ? Math.floor(value + 0.5) : rint(value);
  };
  const between = ([[upper, a], [lower, b]], k) =>
    (((a * (upper[k] >> 4)) >> 16) + ((b * (lower[k] >> 4)) >> 16) + 2) >> 2;
  weights(part[1], shown[1], shrinks, false).forEach((each, j) => {
    const down = j + viewStart[1];
    if (down < 0 || down >= viewHeight) return;
    const rows = each.map(([y, weight]) => [across(y), weight]);
    for (let i = 0; i < shown[0]; i += 1) {
      const right = i + viewStart[0];
      if (right < 0 || right >= viewWidth) continue;
      for (let c = 0; c < 3; c += 1) {
        const value = shrinks ? mean(rows, 3 * i + c) : between(rows, 3 * i + c);
        view[(c * viewHeight + down) * viewWidth + right] = value;
      }
    }
  });
  const step = part.map((v, i) => v / shown[i]);
  return { view, origin: start.map((v, i) => v - viewStart[i] * step[i]), step };
}

// centerface

async function findCenterfaces(view, [width, height]) {
  const input = new ort.Tensor("float32", view, [1, 3, height, width]);
  const { heatmap, sizes, offsets, points } = await detector.run({ input });
  const [rows, columns] = heatmap.dims.slice(2);
  const heat = heatmap.data;
  const found = [];
  for (let i = 0; i < heat.length; i += 1) {
    if (heat[i] < settings.detection.candidate_threshold) continue;
    const row = Math.floor(i / columns);
    const column = i % columns;
    let peak = true;
    for (let r = Math.max(row - 1, 0); r <= Math.min(row + 1, rows - 1); r += 1) {
      for (let c = Math.max(column - 1, 0); c <= Math.min(column + 1, columns - 1); c += 1) {
        if (heat[r * columns + c] > heat[i]) peak = false;
      }
    }
    if (!peak) continue;
    // Every output gives y before x.
    const of = (output, n) => output.data[n * heat.length + i];
    const w = Math.exp(of(sizes, 1)) * 4;
    const h = Math.exp(of(sizes, 0)) * 4;
    const left = (column + 0.5 + of(offsets, 1)) * 4 - w / 2;
    const top = (row + 0.5 + of(offsets, 0)) * 4 - h / 2;
    const marks = range(5).map((n) => [left + of(points, 2 * n + 1) * w, top + of(points, 2 * n) * h]);
    found.push({ score: heat[i], points: [[left, top], [left + w, top + h], ...marks] });
  }
  return found;
}

// detection

function tiles(width, height) {
  const { tile_length: most, most_tiles: mostTiles } = settings.detection;
  const [shorter, longer] = [Math.min(width, height), Math.max(width, height)];
  let length = most * shorter;
  if (longer <= length) return [[0, 0, width, height]];
  const count = Math.min(Math.ceil((longer - length) / (length - shorter)) + 1, mostTiles);
  length = Math.max(length, (longer + (count - 1) * shorter) / count);
  const starts = range(count).map((i) => (i * (longer - length)) / (count - 1));
  return starts.map((at) => (width > height ? [at, 0, length, height] : [0, at, width, length]));
}

function viewOf([x, y, width, height], side, border = 0) {
  const scale = side / Math.max(width, height);
  const wanted = [width, height].map((length) => rint(length * (1 + 2 * border) * scale));
  const shown = wanted.map((length) => Math.max(Math.ceil(length / 32), 1) * 32);
  const [w, h] = shown.map((length) => length / scale);
  return [[x + (width - w) / 2, y + (height - h) / 2, w, h], shown];
}

function sidesOf(width, height) {
  const { view_sides: sides, detail_side, detail_share, tile_length } = settings.detection;
  const [shorter, longer] = [Math.min(width, height), Math.max(width, height)];
  const most = detail_side * Math.min(longer / shorter, tile_length);
  const detail = Math.min(longer * detail_share, most);
  return detail > Math.max(...sides) ? [...sides, rint(detail)] : sides;
}

async function lookAt(picture, area, size) {
  const { view, origin, step } = sampleView(picture, area, size);
  const found = await findCenterfaces(view, size);
  const faces = bestOfOverlapping(found, settings.detection.overlap_threshold);
  for (const face of faces) {
    face.points = face.points.map((point) => point.map((v, i) => origin[i] + v * step[i]));
  }
  return { faces, scale: 2 / (step[0] + step[1]) };
}

async function seenIn(picture, views) {
  const { iou_threshold: threshold, score_threshold } = settings.detection;
  const looks = [];
  for (const view of views) looks.push(await lookAt(picture, ...view));
  let rest = looks.flatMap((look) => look.faces).sort((a, b) => b.score - a.score);
  const judged = [];
  while (rest.length) {
    const [first] = rest;
    rest = rest.slice(1).filter((each) => iou(boxOf(first), boxOf(each)) <= threshold);
    const face = await judge(picture, first, looks);
    if (face.score >= score_threshold) judged.push(face);
  }
  return judged;
}

async function judge(picture, candidate, looks) {
  const { judged, looks: least, close_up_shares, close_up_side: side } = settings.detection;
  const [left, top, right, bottom] = boxOf(candidate);
  const size = Math.max(right - left, bottom - top);
  const seen = looks
    .filter((look) => judged[0] <= size * look.scale && size * look.scale <= judged[1])
    .map((look) => seenAt(candidate, look));
  for (const share of close_up_shares.slice(0, Math.max(least - seen.length, 0))) {
    const square = Math.max(size, 1) / share;
    const close = [(left + right - square) / 2, (top + bottom - square) / 2, square, square];
    seen.push(seenAt(candidate, await lookAt(picture, close, [side, side])));
  }
  const total = sum(seen.map((each) => each.score));
  if (!total) return { ...candidate, score: 0 };
  const mean = (p, i) => sum(seen.map((each) => each.points[p][i] * each.score)) / total;
  return { points: range(7).map((p) => [mean(p, 0), mean(p, 1)]), score: total / seen.length };
}

function seenAt(candidate, look) {
  const there = look.faces.filter(
    (face) => iou(boxOf(candidate), boxOf(face)) > settings.detection.iou_threshold,
  );
  if (!there.length) return { ...candidate, score: 0 };
  return there.reduce((best, each) => (each.score > best.score ? each : best));
}

export async function detectFaces(picture) {
  const { border, border_sides, border_threshold, min_size, overlap_threshold } = settings.detection;
  const { width, height } = picture;
  let judged = [];
  for (const part of tiles(width, height)) {
    judged.push(...(await seenIn(picture, sidesOf(part[2], part[3]).map((side) => viewOf(part, side)))));
  }
  if (!judged.length) {
    judged = await seenIn(picture, border_sides.map((side) => viewOf([0, 0, width, height], side, border)));
    judged = judged.filter((face) => face.score >= border_threshold);
  }
  return bestOfOverlapping(judged, overlap_threshold)
    .map((face) => asFace(face, width, height))
    .filter((face) => Math.max(face.box[2], face.box[3]) >= min_size)
    .sort((a, b) => b.box[2] * b.box[3] - a.box[2] * a.box[3]);
}

function asFace({ points, score }, width, height) {
  const [[left, upper], [right, lower]] = points;
  const top = upper + settings.brow * (lower - upper);
  const bottom = lower + settings.chin * (lower - upper);
  const [x, xEnd] = [left, right].map((v) => clamp(rint(v), 0, width));
  const [y, yEnd] = [top, bottom].map((v) => clamp(rint(v), 0, height));
  const mouth = [0, 1].map((i) => (points[5][i] + points[6][i]) / 2);
  return {
    score,
    box: [x, y, xEnd - x, yEnd - y],
    whole: [left, top, right - left, bottom - top],
    keypoints: [points[2], points[3], points[4], mouth],
  };
}

// framing

const greyAt = ({ rgba }, i) =>
  (9798 * rgba[4 * i] + 19235 * rgba[4 * i + 1] + 3735 * rgba[4 * i + 2] + 16384) >> 15;

function expressionCrop(picture, face) {
  const { size: sizes, down, largest_roll } = settings.framing;
  const [left, top, width, height] = face.whole;
  const unit = Math.max(width, height);
  const side = sizes * unit;
  const [right, leftEye] = face.keypoints;
  const roll = Math.atan2(leftEye[1] - right[1], leftEye[0] - right[0]);
  const turn = Math.abs(roll) > (largest_roll * Math.PI) / 180 ? roll : 0;
  const parts = Math.ceil(side / 48);
  const samples = 48 * parts;
  const step = side / samples;
  const centre = [left + width / 2 - 0.5, top + height / 2 + down * unit - 0.5];
  const [cos, sin] = [step * Math.cos(turn), step * Math.sin(turn)];
  const half = (samples - 1) / 2;
  const origin = [centre[0] - (cos - sin) * half, centre[1] - (sin + cos) * half];
  const grey = (x, y) =>
    greyAt(picture, clamp(y, 0, picture.height - 1) * picture.width + clamp(x, 0, picture.width - 1));
  const crop = new Float64Array(48 * 48);
  // As OpenCV's warpAffine: places in 1024ths of a pixel, then in 32nds. A network may answer
  // another pixel by more than a per cent.
  const places = (change) => range(samples).map((i) => rint(1024 * change * i));
  const [right1024, down1024] = [places(cos), places(sin)];
  for (let j = 0; j < samples; j += 1) {
    const startX = rint(1024 * (origin[0] - sin * j)) + 16;
    const startY = rint(1024 * (origin[1] + cos * j)) + 16;
    for (let i = 0; i < samples; i += 1) {
      const [x, y] = [(startX + right1024[i]) >> 5, (startY + down1024[i]) >> 5];
      const [x0, y0, fx, fy] = [x >> 5, y >> 5, x & 31, y & 31];
      const upper = grey(x0, y0) * (32 - fx) + grey(x0 + 1, y0) * fx;
      const lower = grey(x0, y0 + 1) * (32 - fx) + grey(x0 + 1, y0 + 1) * fx;
      const value = (upper * (32 - fy) + lower * fy + 512) >> 10;
      crop[Math.floor(j / parts) * 48 + Math.floor(i / parts)] += value;
    }
  }
  // Of four pixels OpenCV rounds the half up, of more to the even one.
  return crop.map((total) => (parts === 2 ? (total + 2) >> 2 : rint(total / parts ** 2)));
}

// prediction

export async function predict(picture) {
  const faces = await detectFaces(picture);
  for (const face of faces) {
    const crop = expressionCrop(picture, face);
    const input = new ort.Tensor("float32", Float32Array.from(crop, (v) => v / 255), [1, 48, 48, 1]);
    const answer = await network.run({ face: input });
    const odds = Array.from(answer.probabilities.data);
    odds[settings.classes.indexOf("neutral")] *= Math.exp(settings.neutral_shift);
    face.probabilities = odds.map((v) => v / sum(odds));
    face.other = answer.other ? sum(Array.from(answer.other.data)) : null;
    face.smile = answer.other ? answer.other.data[settings.happy] : null;
    const [low, high] = settings.mask_unsure;
    const seen = answer.mask?.data[0];
    face.mask = seen > high ? true : seen <= low ? false : null;
    face.label = settings.classes[argmax(face.probabilities)];
    face.sure =
      !(face.other > settings.other_likely) && Math.max(...face.probabilities) >= settings.not_sure_below;
  }
  return faces;
}

// The page

let watching = false;
let busy = Promise.resolve();
// One job after the other: the networks answer one at a time.
const next = (job) => (busy = busy.then(job, job));

export function pixelsOf(image, width, height) {
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.fillStyle = "white";
  context.fillRect(0, 0, width, height);
  context.imageSmoothingQuality = "high";
  context.drawImage(image, 0, 0, width, height);
  return { width, height, rgba: context.getImageData(0, 0, width, height).data };
}

export async function readPhotograph(file) {
  const image = await createImageBitmap(file, { colorSpaceConversion: "none" });
  if (image.width * image.height > settings.most_pixels) {
    throw new RangeError(`Expected at most ${settings.most_pixels / 1e6} megapixels. Reduce the picture.`);
  }
  const scale = Math.min(settings.longest / Math.max(image.width, image.height), 1);
  return pixelsOf(image, ...[image.width, image.height].map((side) => Math.max(rint(scale * side), 1)));
}

const percent = (share) => `${Math.round(100 * share)}%`;

function said(face) {
  if (face.sure) return `${face.label} ${percent(Math.max(...face.probabilities))}`;
  if (face.smile > settings.smile_likely) return `smile ${percent(face.smile)}`;
  if (face.other > settings.other_likely) return `another expression ${percent(face.other)}`;
  return "not sure";
}

function showVerdict(face) {
  const worn = { true: "mask seen", false: "no mask", null: "perhaps a mask" }[face.mask];
  const { other, smile } = face;
  const rest =
    other === null ? "" : `None of the four: ${percent(other)} (a smile: ${percent(smile)}). If one of them:`;
  const bars = settings.classes.map((name, i) => {
    const share = face.probabilities[i];
    return `<span id="bar-${name}">${name}</span><meter aria-labelledby="bar-${name}" value="${share}">
      </meter><span class="share">${(100 * share).toFixed(1)}%</span>`;
  });
  find("#verdict").innerHTML = `<p class="verdict"><b>${said(face)}</b> <span class="badge">${worn}</span></p>
    <p class="quiet">${rest}</p><div class="bars">${bars.join("")}</div>`;
}

function choose(faces, chosen) {
  [...find("#faces").children].forEach((button, i) => (button.ariaPressed = i === chosen));
  showVerdict(faces[chosen]);
}

function show(picture, faces) {
  const canvas = find("#picture");
  canvas.width = picture.width;
  canvas.height = picture.height;
  canvas.getContext("2d").putImageData(new ImageData(picture.rgba, picture.width), 0, 0);
  find("#photo").hidden = false;
  find("#photo").style.setProperty("--shape", picture.width / picture.height);
  find("#faces").replaceChildren(
    ...faces.map((face, i) => {
      const button = document.createElement("button");
      const [x, y, w, h] = face.box;
      const shares = [x / picture.width, y / picture.height, w / picture.width, h / picture.height];
      ["left", "top", "width", "height"].forEach((side, n) => {
        button.style[side] = `${100 * shares[n]}%`;
      });
      button.className = "face";
      button.type = "button";
      button.innerHTML = `<span>${i + 1}</span>`;
      button.ariaLabel = `Face ${i + 1}: ${said(face)}`;
      button.onclick = () => choose(faces, i);
      return button;
    }),
  );
  const count = faces.length === 1 ? "1 face" : `${faces.length || "No"} faces`;
  find("#said").textContent = `${count} found.${faces.length > 1 ? " Click one." : ""}`;
  if (faces.length) choose(faces, 0);
  else find("#verdict").replaceChildren();
}

async function read(file) {
  find("#said").textContent = "Looking for faces.";
  try {
    const picture = await readPhotograph(file);
    show(picture, []);
    find("#said").textContent = "Looking for faces.";
    show(picture, await predict(picture));
  } catch (error) {
    const sentence = "Expected a picture that this browser can open, received something else.";
    find("#said").textContent = error instanceof RangeError ? error.message : sentence;
  }
}

async function watch() {
  let stream = null;
  const video = document.createElement("video");
  const whole = settings.detection;
  // One look a frame, as the Gradio page does; a screen reader that read every one would never end.
  settings.detection = settings.live;
  find("section").ariaLive = "off";
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { width: { ideal: 640 } } });
    Object.assign(video, { srcObject: stream, muted: true, playsInline: true });
    await video.play();
    find("#camera").textContent = "Stop the camera";
    while (watching && !document.hidden) {
      const picture = pixelsOf(video, video.videoWidth, video.videoHeight);
      const faces = await predict(picture);
      if (watching) show(picture, faces);
      await new Promise(requestAnimationFrame);
    }
  } catch {
    find("#said").textContent = "There is no camera, or it may not be used.";
  }
  stream?.getTracks().forEach((track) => track.stop());
  watching = false;
  settings.detection = whole;
  find("section").ariaLive = "polite";
  find("#camera").textContent = "Start the camera";
}

function answer(file) {
  watching = false;
  next(() => read(file));
}

const given = (data) => [...data.files].find((file) => file.type.startsWith("image/"));

find("#file").addEventListener("change", (event) => event.target.files[0] && answer(event.target.files[0]));
find("#camera").addEventListener("click", () => {
  watching = !watching;
  if (watching) next(watch);
});
document.addEventListener("paste", (event) => given(event.clipboardData) && answer(given(event.clipboardData)));
document.addEventListener("dragover", (event) => event.preventDefault());
document.addEventListener("drop", (event) => {
  event.preventDefault();
  if (given(event.dataTransfer)) answer(given(event.dataTransfer));
});

await load();
find("#said").textContent = "Add a photograph: the answer appears here.";
