"""Commands over core, one a file: ``python -m scripts.NAME --help``."""
