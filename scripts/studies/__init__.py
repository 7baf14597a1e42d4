"""What RESULTS.md reports, measured: ``python -m scripts.studies.NAME --help``."""
