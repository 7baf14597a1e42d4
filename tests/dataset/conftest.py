"""Files that several of the data set's tests read."""

import pytest

from fermask.dataset.building import build
from fermask.dataset.ferm import FermSettings
from fermask.dataset.manifest import load
from fermask.system.paths import PUBLISHED
from tests.nine_faces import EMOTIONS, PIXELS, TRUE_USAGES, VOTES
from tests.tiny import write_fer2013, write_ferplus
from tests.tiny_fer2013 import TinyFer2013, read


@pytest.fixture
def csv_path(tmp_path):
    path = tmp_path / "fer2013.csv"
    write_fer2013(path, PIXELS, EMOTIONS, TRUE_USAGES)
    return path


@pytest.fixture
def ferplus_path(tmp_path):
    path = tmp_path / "fer2013new.csv"
    write_ferplus(path, VOTES, TRUE_USAGES)
    return path


@pytest.fixture(scope="module")
def rows():
    return TinyFer2013()


@pytest.fixture(scope="module")
def folder(rows, tmp_path_factory):
    return rows.write(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="module")
def faces(folder):
    return read(folder)


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    """What builds of ``faces`` keep, so that each test need not look for landmarks again."""
    return tmp_path_factory.mktemp("work")


@pytest.fixture(scope="module")
def ferm(faces, work):
    return build(faces, FermSettings(quotas=None), work)


@pytest.fixture(scope="module")
def published():
    """The published set's manifest."""
    return load(PUBLISHED).manifest
