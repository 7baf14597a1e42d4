// The photograph on the page: click a face to choose it, drag to mark one that was not found.
// "Mark a face" gives fingers and keys a square: drag it, or move it by the arrow keys, change its
// size by + and -, and read it by Enter. Squares are in pixels of the photograph.
const find = (selector) => element.querySelector(selector);
let from = null;
let dragged = false;
let square = null;

const place = (event) => {
  const frame = find(".photo").getBoundingClientRect();
  const scale = find(".photo").dataset.width / frame.width;
  return { x: (event.clientX - frame.left) * scale, y: (event.clientY - frame.top) * scale, scale };
};

const draw = () => {
  const { width, height } = find(".photo").dataset;
  Object.assign(find(".square").style, {
    left: `${(100 * square.x) / width}%`,
    top: `${(100 * square.y) / height}%`,
    width: `${(100 * square.size) / width}%`,
    height: `${(100 * square.size) / height}%`,
  });
  find(".square").hidden = false;
};

const marking = (on) => {
  find(".photo").classList.toggle("marking", on);
  find("[data-do=mark]").setAttribute("aria-pressed", on);
  find(".square").hidden = !on;
  if (!on) return;
  const { width, height } = find(".photo").dataset;
  const size = 0.5 * Math.min(width, height);
  square = { x: (width - size) / 2, y: (height - size) / 2, size };
  draw();
  find(".square").focus();
};

const choose = (button) => {
  for (const each of element.querySelectorAll(".face")) {
    each.setAttribute("aria-pressed", each === button);
  }
  trigger("select", { index: Number(button.dataset.face) });
};

element.addEventListener("pointerdown", (event) => {
  const photo = event.target.closest(".photo");
  const may = event.pointerType === "mouse" || photo?.classList.contains("marking");
  from = photo && may && event.button === 0 ? { ...place(event), id: event.pointerId } : null;
});

element.addEventListener("pointermove", (event) => {
  if (!from || event.pointerId !== from.id) return;
  const to = place(event);
  const size = Math.max(Math.abs(to.x - from.x), Math.abs(to.y - from.y));
  if (!dragged && size < 8 * from.scale) return;
  dragged = true;
  square = { x: to.x < from.x ? from.x - size : from.x, y: to.y < from.y ? from.y - size : from.y, size };
  draw();
});

const drop = (event) => {
  if (from && dragged && event.pointerId === from.id) trigger("mark", square);
  from = null;
  // The click that ends a drag comes before this, and is none.
  setTimeout(() => (dragged = false));
};
window.addEventListener("pointerup", drop);

element.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button || dragged) return;
  if (button.matches(".face")) choose(button);
  else if (button.matches(".square")) trigger("mark", square);
  else if (button.dataset.do === "mark") marking(find(".square").hidden);
  else trigger("clear");
});

element.addEventListener("keydown", (event) => {
  if (!event.target.closest(".square")) return;
  const step = square.size / 20;
  const moves = { ArrowLeft: [-1, 0, 0], ArrowRight: [1, 0, 0], ArrowUp: [0, -1, 0], ArrowDown: [0, 1, 0], "+": [-1, -1, 2], "-": [1, 1, -2] };
  const move = moves[event.key];
  if (event.key === "Escape") marking(false);
  if (!move) return;
  event.preventDefault();
  square = { x: square.x + step * move[0], y: square.y + step * move[1], size: square.size + step * move[2] };
  draw();
});
