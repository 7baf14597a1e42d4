"""Under which circumstances a figure came about: versions, commit, machine."""

import os
import platform
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from fermask.system.paths import PACKAGE

_VERSIONS = ("keras", "tensorflow-cpu", "tensorflow", "jax", "torch", "numpy")


def circumstances() -> dict[str, Any]:
    """``versions`` of the libraries, ``commit`` of the code and ``machine``."""
    return {"versions": _versions(), "commit": _current_commit(), "machine": _machine()}


def _machine() -> str:
    """Such as ``2 × Intel(R) Xeon(R) Platinum``; the processor's name where Linux tells it, and
    the graphics card's where JAX computes on one."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    processors = f"{os.cpu_count()} × {names[0] if names else platform.machine()}"
    jax = sys.modules.get("jax")
    if jax is None or jax.default_backend() == "cpu":
        return processors
    return f"{processors}, {jax.devices()[0].device_kind}"


def _versions() -> dict[str, str]:
    found = {}
    for name in _VERSIONS:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _current_commit() -> str:
    """The commit that the code is at, with -dirty after a change; "" outside a git checkout."""
    try:
        done = subprocess.run(
            ["git", "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"],
            cwd=PACKAGE,
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return ""
    return done.stdout.strip()
