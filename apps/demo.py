"""The Gradio demo: a photograph → its faces, what the network sees and says of each.

python apps/demo.py

The page is made in ``apps/demo_parts``; what it shows is decided in ``fermask``.
"""

import os
import signal
import sys
import tempfile
from pathlib import Path

# Running this file puts apps/ on the import path, neither the root nor core/.
_ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(_ROOT), str(_ROOT / "core")]


def main() -> None:
    """Load, then serve until interrupted; GRADIO_SERVER_NAME and _PORT say where."""
    print("Loading the face detector and the networks", flush=True)
    # A stopped server cleans up as an interrupted one does.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with tempfile.TemporaryDirectory(prefix="ferm-demo-", ignore_cleanup_errors=True) as folder:
        # Read by Gradio on import; it would else ask the network for its latest version, and
        # keep files in a folder that outlives it.
        os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
        os.environ["GRADIO_TEMP_DIR"] = folder
        from apps.demo_parts.page import build_demo, load_networks, serve

        serve(build_demo(*load_networks()))


if __name__ == "__main__":
    main()
