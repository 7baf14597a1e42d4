"""Find the faces in photographs and read their expressions: ``fermask predict``, not installed.

python -m scripts.predict PHOTO|FOLDER... [--json|--csv] [--pictures DIR]
python -m scripts.predict FOLDER... --out DIR      # millions of them, as a folder of Parquet files
python -m scripts.predict faces.npy --out DIR      # faces, uint8 (n, 48, 48), such as a set's
"""

import sys
from pathlib import Path

# Run by its path, this file puts scripts/ on the import path, and not core/.
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "core"))

from fermask.cli.command import main

if __name__ == "__main__":
    sys.exit(main(["predict", *sys.argv[1:]]))
