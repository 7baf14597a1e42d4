"""What the apps' tests share."""

import sys

import pytest


@pytest.fixture(autouse=True)
def keep_main(monkeypatch):
    """Streamlit's tests leave their script as __main__, where new processes look for ours."""
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])
