"""The Gradio demo: a photograph → its faces, what the network sees and says of each.

python apps/demo.py --port 7861

The page is made in ``apps/demo_parts``; what it shows is decided in ``fermask``.
"""

import argparse
import os
import signal
import sys
from pathlib import Path

# Running this file puts apps/ on the import path, neither the root nor core/.
_ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(_ROOT), str(_ROOT / "core")]

from apps.demo_parts import KEPT_FOR  # noqa: E402
from fermask.system.scratch import scratch_folder  # noqa: E402


def main(arguments: list[str] | None = None) -> None:
    """Read the arguments, load, then serve until interrupted."""
    parser = argparse.ArgumentParser(prog="python apps/demo.py", description="Serve the demo.")
    parser.add_argument(
        "--host", help="address it listens at (else $GRADIO_SERVER_NAME, else this machine alone)"
    )
    parser.add_argument(
        "--port", type=int, help="(else $GRADIO_SERVER_PORT, else the first free from 7860 on)"
    )
    options = parser.parse_args(arguments)
    print("Loading the face detector and the networks", flush=True)
    # A stopped server cleans up as an interrupted one does.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with scratch_folder("ferm-demo-", KEPT_FOR) as folder:
        # Read by Gradio on import; it would else ask the network for its latest version, and
        # keep files in a folder that outlives it.
        os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
        os.environ["GRADIO_TEMP_DIR"] = str(folder)
        from apps.demo_parts.page import build_demo, load_networks, serve

        serve(build_demo(*load_networks()), server_name=options.host, server_port=options.port)


if __name__ == "__main__":
    main()
