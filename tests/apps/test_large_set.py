"""The explorer on a set of which it reads only what a page shows."""

import pyarrow.parquet as pq
import pytest

from fermask.dataset.manifest import MANIFEST
from fermask.system.parquet import ROWS_A_GROUP
from scripts.bench.synthetic_set import write_synthetic_set
from tests.apps.exploring import faces, go, opened, said
from tests.spoiled import spoil

LAST = 2 * ROWS_A_GROUP + 99


@pytest.fixture
def large(tmp_path, folder):
    """A set without pictures whose last faces' landmarks are damaged."""
    write_synthetic_set(tmp_path / "large", LAST + 1, pictures=False)
    path = tmp_path / "large" / MANIFEST
    spoil(path, 2, pq.read_schema(path).get_field_index("landmarks"))
    return tmp_path / "large"


def test_a_damaged_part_troubles_only_the_faces_in_it(large):
    app = opened("samples", ferm_path=large)
    assert not app.error
    assert [each["row"] for each in faces(app)] == list(range(48))
    assert f"{LAST + 1:,}" in said(app)
    app = go(app, "samples", face=str(ROWS_A_GROUP))
    assert not app.error
    assert app.subheader[0].value.startswith(f"Row {ROWS_A_GROUP}")
    (error,) = go(app, "samples", face=str(LAST)).error
    sentence = error.value.replace("\\", "")
    assert f"{MANIFEST} cannot be read" in sentence
    assert "Build or copy it again" in sentence
    app = go(app, "samples")
    assert not app.error
    assert len(faces(app)) == 48
