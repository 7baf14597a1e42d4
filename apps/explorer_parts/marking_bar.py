"""The bar that marks tiles: what it looks like and what it does in the browser."""

BAR_CSS = """
.bar { position: sticky; bottom: 0.5rem; z-index: 2; margin-top: 0.75rem; display: flex;
  flex-wrap: wrap; gap: 0.4rem; align-items: center; padding: 0.5rem 0.6rem; font-size: 0.85rem;
  border: 1px solid var(--st-border-color); border-radius: var(--st-base-radius);
  background: var(--st-background-color); box-shadow: 0 2px 12px rgb(0 0 0 / 25%); }
.bar .count { font-weight: 600; min-width: 5.5rem; }
.bar button, .bar select, .bar input { all: unset; box-sizing: border-box; cursor: pointer;
  min-height: 2.25rem; padding: 0 0.7rem; border: 1px solid var(--st-border-color);
  border-radius: var(--st-base-radius); background: var(--st-secondary-background-color);
  display: inline-flex; align-items: center; }
.bar button.plain { border-color: transparent; background: none; text-decoration: underline; }
.bar select { appearance: auto; padding: 0 0.4rem; }
.bar option { color: var(--st-text-color); background: var(--st-background-color); }
.bar input { cursor: text; flex: 1 1 7rem; min-width: 6rem; }
.bar :is(button, select, input):hover { border-color: var(--st-primary-color); }
.bar :is(button, select, input):focus-visible { outline: 2px solid var(--st-primary-color);
  outline-offset: 1px; }
.bar button:disabled { opacity: 0.45; cursor: default; }
.bar .pair { display: inline-flex; gap: 0.25rem; align-items: center; }
.bar .hint { flex-basis: 100%; opacity: 0.75; font-size: 0.8rem; }
@media (hover: none) { .bar .hint { display: none; } }
"""

# The bar below the tiles. What it keeps while the page runs again lies on `keep`, the component's
# own element: which rows are selected, and the marks that Python has not told of yet. A mark is
# seen at once and sent with all that are still on their way, each with a number, so that none is
# lost or given twice however fast they come.
BAR_JS = """
function marking(add, root, tiles, data, keep, setTriggerValue) {
  const { verdicts, wrong_label, suggestions, done, last, longest_note } = data.marking;
  const rowOf = (tile) => Number(tile.dataset.row);
  const tileOf = new Map(tiles.map((tile) => [rowOf(tile), tile]));
  const suggested = new Map(data.faces.map((face) => [face.row, face.suggested]));
  keep.chosen = new Set([...(keep.chosen ?? [])].filter((row) => tileOf.has(row)));
  keep.sent = (keep.sent ?? []).filter(({ n }) => n > done);
  keep.n = Math.max(keep.n ?? 0, done);
  const { chosen } = keep;
  const bar = add(root, 'div', 'bar');
  bar.setAttribute('role', 'group');
  bar.setAttribute('aria-label', 'Mark the selected faces');
  const count = add(bar, 'span', 'count');
  count.setAttribute('aria-live', 'polite');
  const onlyOnSelected = [];
  const button = (parent, name, words, title, press) => {
    const made = add(parent, 'button', '', words);
    made.type = 'button';
    made.title = title;
    made.dataset.name = name;
    made.onclick = press;
    return made;
  };
  const show = () => {
    for (const tile of tiles) tile.setAttribute('aria-pressed', String(chosen.has(rowOf(tile))));
    count.textContent = chosen.size + ' selected';
    all.textContent = chosen.size === tiles.length ? 'Select none' : 'Select all here';
    for (const each of onlyOnSelected) each.disabled = chosen.size === 0;
  };
  const all = button(bar, 'all', '', '', () => {
    const none = chosen.size === tiles.length;
    for (const row of tileOf.keys()) if (none) chosen.delete(row); else chosen.add(row);
    show();
  });
  all.classList.add('plain');
  const badge = ({ rows, verdict, suggestions }) => rows.forEach((row, i) => {
    const tile = tileOf.get(row);
    if (!tile) return;
    tile.querySelector('.badge')?.remove();
    add(tile, 'span', 'badge sent', suggestions[i] ? '→ ' + suggestions[i] : verdict);
  });
  const send = (mark) => {
    keep.sent.push({ n: ++keep.n, ...mark });
    setTriggerValue('marks', keep.sent);
  };
  // Marks the selected faces, or this one, and goes on to the next.
  const give = (verdict, suggestionOf, tile) => {
    let rows = chosen.size ? [...chosen] : tile ? [rowOf(tile)] : [];
    if (suggestionOf === accepted) rows = rows.filter(accepted);
    if (!rows.length) return;
    const mark = { rows, verdict, suggestions: rows.map(suggestionOf), note: note.value };
    badge(mark);
    chosen.clear();
    note.value = keep.note = '';
    show();
    const place = Math.max(...rows.map((row) => tiles.indexOf(tileOf.get(row))));
    mark.turn = place === tiles.length - 1 && !last;
    if (mark.turn) keep.turned = tiles[place].dataset.row;
    tiles[Math.min(place + 1, tiles.length - 1)].focus();
    send(mark);
  };
  const accepted = (row) => suggested.get(row);
  const picked = () => suggestion.value;
  const nothing = () => '';
  const accept = (tile) => give(wrong_label, accepted, tile);
  let suggestion;
  const keys = {
    O: (tile) => setTriggerValue('chosen', rowOf(tile)),
    U: () => send({ undo: true }),
  };
  for (const { verdict, key, title, words } of verdicts) {
    const isLabel = verdict === wrong_label;
    const parent = isLabel ? add(bar, 'span', 'pair') : bar;
    keys[key] = (tile) => give(verdict, isLabel ? picked : nothing, tile);
    onlyOnSelected.push(button(parent, verdict, words, title, () => keys[key]()));
    if (!isLabel) continue;
    suggestion = add(parent, 'select', '');
    suggestion.dataset.name = 'suggestion';
    suggestion.setAttribute('aria-label', 'The class it should be');
    for (const [value, text] of suggestions) add(suggestion, 'option', '', text).value = value;
    suggestion.value = keep.suggestion ?? '';
    suggestion.onchange = () => { keep.suggestion = suggestion.value; };
    if (![...suggested.values()].some(Boolean)) continue;
    keys.A = accept;
    const title_a = 'Each selected face takes the class that the network named instead';
    onlyOnSelected.push(button(bar, 'accept', 'Accept suggested', title_a, () => accept()));
  }
  const note = add(bar, 'input', '');
  note.dataset.name = 'note';
  note.placeholder = 'note';
  note.maxLength = longest_note;
  note.setAttribute('aria-label', 'Note');
  note.value = keep.note ?? '';
  note.oninput = () => { keep.note = note.value; };
  const letters = verdicts.map(({ key, words }) => key + ' ' + words.toLowerCase());
  if (keys.A) letters.push('A accept suggested');
  add(bar, 'div', 'hint', 'Keys on a tile: ' + letters.join(', ') + ', U undo, O open, ' +
    'arrows walk, Shift selects a range.');
  const selectTo = (tile) => {
    const ends = [tiles.indexOf(tileOf.get(keep.anchor) ?? tile), tiles.indexOf(tile)].sort(
      (a, b) => a - b);
    for (const each of tiles.slice(ends[0], ends[1] + 1)) chosen.add(rowOf(each));
  };
  for (const tile of tiles) {
    tile.onclick = (event) => {
      if (event.shiftKey) selectTo(tile);
      else {
        if (!chosen.delete(rowOf(tile))) chosen.add(rowOf(tile));
        keep.anchor = rowOf(tile);
      }
      show();
    };
    tile.ondblclick = () => keys.O(tile);
    tile.addEventListener('focus', () => {
      if (!keep.shift) keep.anchor = rowOf(tile);
      else selectTo(tile);
      show();
    });
    tile.addEventListener('keydown', (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const act = keys[event.key.toUpperCase()];
      if (!act) return;
      // Streamlit listens for keys of its own.
      event.stopPropagation();
      act(tile);
    });
  }
  // Before the arrows move the focus.
  root.addEventListener('keydown', (event) => {
    keep.shift = event.shiftKey && event.key.startsWith('Arrow');
  }, true);
  root.addEventListener('keyup', () => { keep.shift = false; }, true);
  keep.sent.filter(({ rows }) => rows).forEach(badge);
  show();
}
"""
