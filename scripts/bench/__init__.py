"""How long things take, as ratios in one run: ``python -m scripts.bench --help``."""
