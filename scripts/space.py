"""Host the demo, the explorer, the weights and the set on the Hugging Face Hub.

python -m scripts.space build demo --out DIR                      # or explorer, or browser
python -m scripts.space push demo --repo-id USER/NAME [--dry-run]  # or explorer, or browser
python -m scripts.space push-model --repo-id USER/NAME [--dry-run]
python -m scripts.space push-dataset --repo-id USER/NAME [--dry-run]
"""

import argparse
import sys
import tempfile
from pathlib import Path

from fermask.cli.terminal import one_sentence_errors
from fermask.hosting.repositories import dataset_files, files_table, model_files, write_files
from fermask.hosting.spacefile import Space, read_spacefile
from fermask.hosting.spaces import space_files
from fermask.system.hub import check_repo_id, push_folder


def main(arguments: list[str] | None = None) -> int:
    """Read the arguments, build or push; returns the exit status."""
    options = _parser().parse_args(arguments)
    with one_sentence_errors("What was sent stays; the same command sends the rest."):
        options.run(options)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m scripts.space",
        description="Host this project on the Hugging Face Hub, as the Spacefile says.",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    build = commands.add_parser("build", help="write a folder that is ready to push")
    build.add_argument("space", metavar="demo|explorer|browser")
    build.add_argument("--out", type=Path, required=True, metavar="DIR")
    build.set_defaults(run=_build)
    push = commands.add_parser("push", help="make a Space of it")
    push.add_argument("space", metavar="demo|explorer|browser")
    for each in (build, push):
        each.add_argument(
            "--runtime",
            type=Path,
            metavar="DIR",
            help="of browser: the unpacked npm package onnxruntime-web, else npm fetches it",
        )
    push.set_defaults(run=_push_space)
    model = commands.add_parser("push-model", help="the weights that ship, with their card")
    model.set_defaults(run=_push_model)
    dataset = commands.add_parser("push-dataset", help="FERM's manifest, without pixels")
    dataset.set_defaults(run=_push_dataset)
    for each in (push, model, dataset):
        each.add_argument("--repo-id", required=True, metavar="USER/NAME")
        each.add_argument(
            "--dry-run", action="store_true", help="list the files and their sizes, send nothing"
        )
    return parser


def _build(options: argparse.Namespace) -> None:
    files = space_files(_space(options.space), runtime=options.runtime)
    write_files(files, options.out)
    print(f"{options.out}: {sum(map(len, files.values())):,} bytes in {len(files)} files.")


def _push_space(options: argparse.Namespace) -> None:
    space = _space(options.space)
    _push(options, space_files(space, runtime=options.runtime), "space", space.sdk)


def _push_model(options: argparse.Namespace) -> None:
    _push(options, model_files(), "model")


def _push_dataset(options: argparse.Namespace) -> None:
    check_repo_id(options.repo_id)
    _push(options, dataset_files(options.repo_id), "dataset")


def _push(
    options: argparse.Namespace, files: dict[str, bytes], repo_type: str, sdk: str | None = None
) -> None:
    check_repo_id(options.repo_id)
    if options.dry_run:
        print(files_table(files))
        print(f"Nothing was sent to {options.repo_id}.", file=sys.stderr)
        return
    with tempfile.TemporaryDirectory() as folder:
        write_files(files, Path(folder) / "pushed")
        print(push_folder(Path(folder) / "pushed", options.repo_id, repo_type, sdk))


def _space(name: str) -> Space:
    spaces = read_spacefile()
    if name not in spaces:
        raise ValueError(f"The Spacefile has no {name}; there are {', '.join(spaces)}.")
    return spaces[name]


if __name__ == "__main__":
    sys.exit(main())
