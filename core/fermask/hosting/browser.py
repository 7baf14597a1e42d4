"""What the page that needs no server is made of, beside its own files and the networks.

ONNX Runtime Web comes from its npm package when the page is built, and is never kept here.
"""

import hashlib
import json
import shutil
import subprocess
import tarfile
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

from fermask.faces.labels import CLASSES
from fermask.networks.inference import load_network
from fermask.photographs import detection
from fermask.photographs.detection import DetectionSettings
from fermask.photographs.framing import FramingSettings
from fermask.photographs.overlays import LONGEST
from fermask.photographs.photograph import MAX_PIXELS
from fermask.photographs.prediction import HAPPY, OTHER_LIKELY, SMILE_LIKELY
from fermask.system.paths import SHIPPED

RUNTIME = "onnxruntime-web@1.30.0"
RUNTIME_SHA256 = "d2228df7e4616bc3348bf504ee888f3bec43789a273f0a63f3e68d203ce3bf71"
# For WebGPU and, half as large, without.
RUNTIME_FILES = (
    "ort.wasm.bundle.min.mjs",
    "ort-wasm-simd-threaded.wasm",
    "ort.webgpu.bundle.min.mjs",
    "ort-wasm-simd-threaded.asyncify.wasm",
)


def browser_files(runtime: Path | None = None) -> dict[str, bytes]:
    """Path in the Space → content of what is made: Python's numbers, and the runtime.

    Args:
        runtime: a folder with the unpacked npm package, or None to fetch it.

    Raises:
        FileNotFoundError: npm is not installed, or the folder lacks a file.
        ValueError: what npm fetched is not the package that is pinned, or nothing was fetched.
    """
    if runtime is None:
        with tempfile.TemporaryDirectory() as folder:
            files = _runtime_files(_fetched(Path(folder)))
    else:
        files = _runtime_files(runtime)
    return files | {"apps/browser/settings.json": json.dumps(browser_settings(), indent=1).encode()}


def browser_settings() -> dict[str, Any]:
    """The numbers of ``fermask.photographs`` and of the network that ships, as JSON has them."""
    network = load_network(SHIPPED)
    return {
        "network": SHIPPED.name,
        "classes": CLASSES,
        "happy": HAPPY,
        "other_likely": OTHER_LIKELY,
        "smile_likely": SMILE_LIKELY,
        "not_sure_below": network.not_sure_below,
        "neutral_shift": network.neutral_shift,
        "mask_unsure": network.mask_unsure,
        "most_pixels": MAX_PIXELS,
        "longest": LONGEST,
        "brow": detection.BROW,
        "chin": detection.CHIN,
        "detection": asdict(DetectionSettings()),
        "live": asdict(detection.LIVE),
        "framing": asdict(FramingSettings()),
    }


def _runtime_files(package: Path) -> dict[str, bytes]:
    missing = [name for name in RUNTIME_FILES if not (package / "dist" / name).is_file()]
    if missing:
        raise FileNotFoundError(
            f"{package / 'dist' / missing[0]} is missing; expected {RUNTIME}, unpacked."
        )
    return {f"runtime/{name}": (package / "dist" / name).read_bytes() for name in RUNTIME_FILES}


def _fetched(folder: Path) -> Path:
    """The package, fetched and unpacked."""
    npm = shutil.which("npm")
    if npm is None:
        raise FileNotFoundError(
            f"npm is not installed; it fetches {RUNTIME}. Install it, or name the unpacked package "
            "with --runtime DIR."
        )
    done = subprocess.run([npm, "pack", RUNTIME], cwd=folder, capture_output=True, text=True)
    packages = list(folder.glob("*.tgz"))
    if done.returncode or not packages:
        raise ValueError(
            f"npm did not fetch {RUNTIME}: {done.stderr.strip()[-300:]} Without a network, name "
            "the unpacked package with --runtime DIR."
        )
    received = hashlib.sha256(packages[0].read_bytes()).hexdigest()
    if received != RUNTIME_SHA256:
        raise ValueError(f"npm fetched {RUNTIME} with the SHA-256 {received}; expected another.")
    with tarfile.open(packages[0]) as archive:
        archive.extractall(folder, filter="data")
    return folder / "package"
