"""Which networks a test tries every time, and which only in ``make test-all``."""

import pytest


def quick_and_slow(names, quick):
    """The names as parameters, all but one marked slow."""
    return [name if name == quick else pytest.param(name, marks=pytest.mark.slow) for name in names]
