"""Commands over fermask, one a file: ``python -m scripts.NAME --help``."""

import sys
from pathlib import Path

# In a checkout nothing needs to be installed but requirements.txt.
_SOURCE = str(Path(__file__).resolve().parent.parent / "core")
if _SOURCE not in sys.path:
    sys.path.insert(0, _SOURCE)
