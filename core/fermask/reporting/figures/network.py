"""Fig. 2: the structure of a network, read off the Keras model itself."""

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from fermask.reporting.figures.flow import Card, column
from fermask.reporting.figures.paper import CAPTIONS, MARGIN, QUIET, arrow, document, text

if TYPE_CHECKING:
    import keras

_FLOWS = {"entry": "Entry flow", "middle": "Middle flow", "exit": "Exit flow"}
_WIDTH, _TOP = 252, 126


@dataclass(frozen=True)
class Block:
    """One block of a network, or several alike in a row.

    ``name``: of the first. ``repeats``: how many. ``layers``: names of all their layers.
    ``steps``: what one does, in words. ``shortcut``: what its shortcut does; empty where it has
    none. ``shape``: of the output, without the batch. ``parameters``: of all repeats together,
    the moving averages of batch normalisation included.
    """

    name: str
    repeats: int
    layers: tuple[str, ...]
    steps: tuple[str, ...]
    shortcut: tuple[str, ...]
    shape: tuple[int, ...]
    parameters: int


def network_blocks(model: "keras.Model") -> list[Block]:
    """The blocks of a network in the order of its layers, those alike in a row taken together.

    A block is the layers that share the beginning of their names, such as ``entry_block1``;
    any other layer is a block of its own.
    """
    groups: dict[str, list[Any]] = {}
    for layer in model.layers:
        groups.setdefault(_block_name(layer.name), []).append(layer)
    blocks: list[Block] = []
    for name, layers in groups.items():
        block = _block(name, layers)
        if blocks and _alike(blocks[-1], block):
            first = blocks.pop()
            block = replace(
                first,
                repeats=first.repeats + 1,
                layers=first.layers + block.layers,
                parameters=first.parameters + block.parameters,
            )
        blocks.append(block)
    return blocks


def draw_network(model: "keras.Model") -> str:
    """Fig. 2: a network's blocks with their shapes, shortcuts and parameters, flow by flow.

    Args:
        model: of ``fermask.networks``; one without Xception's three flows is drawn as one column.
    """
    parts: list[str] = []
    bottoms: list[float] = []
    columns = _by_flow(network_blocks(model))
    for i, (flow, blocks) in enumerate(columns.items()):
        x = MARGIN + i * (_WIDTH + 40)
        parts.append(text(x, _TOP - 14, flow, 15, weight=600))
        parameters = sum(block.parameters for block in blocks)
        parts.append(text(x + _WIDTH, _TOP - 14, f"{parameters:,}", 13, "end", fill=QUIET))
        if bottoms:
            turn, level = x - 20, bottoms[-1] - 15
            parts += arrow([(x - 40, level), (turn, level), (turn, _TOP + 15), (x, _TOP + 15)])
        more, places = column([_card(block) for block in blocks], x, _TOP, _WIDTH)
        parts += more
        bottoms.append(places[-1][1])
    total = f"{model.count_params():,} parameters"
    size = "×".join(map(str, model.input_shape[1:]))
    parts.append(text(MARGIN, 44, model.name, 17, weight=600))
    parts.append(text(MARGIN, 64, f"{total} · {size} → {model.output_shape[-1]} classes", 13))
    words = "bold: a block's output · grey: its parameters"
    parts.append(text(MARGIN, 82, words, 13, fill=QUIET))
    # One column alone is narrower than what stands above it.
    width = max(2 * MARGIN + len(columns) * (_WIDTH + 40) - 40, 380)
    title = f"{CAPTIONS[2][0]}: {model.name}, {total}"
    return document(parts, width, max(bottoms) + MARGIN, title)


def _block_name(layer: str) -> str:
    found = re.match(r"(?:[a-z]+_)?(?:conv|sepconv|block)\d*(?=_|$)", layer)
    return found.group() if found else layer


def _block(name: str, layers: list[Any]) -> Block:
    """A convolution, its normalisation and its ReLU are one step, as their names say."""
    steps: dict[str, list[str]] = {}
    shortcut: dict[str, list[str]] = {}
    added = False
    for layer in layers:
        if type(layer).__name__ == "Add":
            added = True
            continue
        step = re.sub(r"_(?:bn|relu)$", "", layer.name)
        beside = step.endswith(("_shortcut", "_every_other"))
        (shortcut if beside else steps).setdefault(step, []).append(_in_words(layer))
    around = tuple(" · ".join(words) for words in shortcut.values())
    return Block(
        name=name,
        repeats=1,
        layers=tuple(layer.name for layer in layers),
        steps=tuple(" · ".join(words) for words in steps.values()),
        shortcut=(around or ("identity",)) if added else (),
        shape=tuple(layers[-1].output.shape[1:]),
        parameters=sum(layer.count_params() for layer in layers),
    )


def _alike(before: Block, block: Block) -> bool:
    def looks(each: Block) -> tuple:
        stem, share = re.sub(r"\d+$", "", each.name), each.parameters / each.repeats
        return stem, each.steps, each.shortcut, each.shape, share

    return looks(before) == looks(block)


def _in_words(layer: Any) -> str:
    """What a layer does; the name of its class where it is none that the networks have."""
    kind = type(layer).__name__
    if kind in ("Conv2D", "SeparableConv2D"):
        size = "×".join(map(str, layer.kernel_size))
        stride = f", stride {layer.strides[0]}" if layer.strides[0] > 1 else ""
        form = "separable" if kind == "SeparableConv2D" else "conv"
        return f"{form} {size}, {layer.filters}{stride}"
    if kind == "MaxPooling2D":
        size, stride = layer.pool_size[0], layer.strides[0]
        return "every 2nd pixel" if size == 1 else f"max pool {size}×{size}, stride {stride}"
    if kind == "Dense":
        return f"dense {layer.units}, {layer.activation.__name__}"
    if kind == "Dropout":
        return f"dropout {layer.rate:g}"
    return {
        "BatchNormalization": "BN",
        "GlobalAveragePooling2D": "global average pool",
        "InputLayer": "grey face, 0…1",
        "Identity": "last feature map",
        "Softmax": "softmax",
    }.get(kind, kind)


def _by_flow(blocks: list[Block]) -> dict[str, list[Block]]:
    """The blocks by flow; those without one go with what stands before them."""
    present = [flow for flow in _FLOWS if any(b.name.startswith(f"{flow}_") for b in blocks)]
    if not present:
        return {"Layers": blocks}
    now = present[0]
    columns: dict[str, list[Block]] = {_FLOWS[flow]: [] for flow in present}
    for block in blocks:
        now = next((flow for flow in present if block.name.startswith(f"{flow}_")), now)
        columns[_FLOWS[now]].append(block)
    return columns


def _card(block: Block) -> Card:
    name, total = block.name, f"{block.parameters:,}" if block.parameters else ""
    if block.repeats > 1:
        name = f"{name}–{block.repeats}"
        total = f"{block.repeats} × {block.parameters // block.repeats:,} = {total}"
    shape = "×".join(map(str, block.shape))
    rows = tuple((step, "") for step in block.steps)
    return Card(name, shape, rows, block.shortcut, total, repeats=block.repeats)
