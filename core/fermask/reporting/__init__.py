"""RESULTS.md and the paper's figures."""
