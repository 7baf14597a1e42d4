import numpy as np
import pandas as pd
import pytest

from fermask.exploring.faces_table import faces_table
from fermask.exploring.slices import accuracy_by_slice, faces_in_slice, slice_properties
from fermask.faces.labels import VOTE_COLUMNS
from tests.small import small_ferm


@pytest.fixture(scope="module")
def table():
    return faces_table(small_ferm(200))


@pytest.fixture(scope="module")
def properties(table):
    return slice_properties(table)


def made_up(n=2000, seed=0):
    """Two properties that have nothing to do with each other: colour and size."""
    rng = np.random.default_rng(seed)
    values = {"colour": ["red", "green", "blue", "white"], "size": ["small", "large"]}
    return pd.DataFrame(
        {name: pd.Categorical(rng.choice(each, n), each) for name, each in values.items()}
    )


def test_a_slice_holds_the_faces_that_its_name_says(table, properties):
    found = accuracy_by_slice(properties, np.arange(len(table)) % 3 > 0, False, 1)
    for name, column, value in (
        ("class: sad", "label", "sad"),
        ("mask: surgical", "mask_style", "surgical"),
    ):
        positions = faces_in_slice(properties, name)
        assert positions.tolist() == np.flatnonzero(table[column] == value).tolist()
        row = found.set_index("slice").loc[name]
        assert row["n"] == len(positions)
        assert row["right"] == (positions % 3 > 0).sum()
    yaw = table["yaw"].abs()
    assert faces_in_slice(properties, "yaw: 5–10°").tolist() == [
        *np.flatnonzero((yaw >= 5) & (yaw < 10))
    ]
    votes = faces_in_slice(properties, "votes: 6 of 10 agree")
    assert votes.tolist() == np.flatnonzero(np.isclose(table["agreement"], 0.6)).tolist()
    both = faces_in_slice(properties, "class: sad + mask: surgical")
    assert set(both) == set(faces_in_slice(properties, "class: sad")) & set(
        faces_in_slice(properties, "mask: surgical")
    )


def test_each_property_divides_all_faces(properties):
    for name in properties:
        n = [
            len(faces_in_slice(properties, f"{name}: {value}"))
            for value in properties[name].cat.categories
        ]
        assert sum(n) == len(properties)
        assert min(n) > 0


def test_measures_are_cut_into_quarters(table):
    brightness = np.arange(len(table), dtype=float)
    values = slice_properties(table, brightness)["brightness"].value_counts()
    assert len(values) == 4
    assert values.max() - values.min() <= 2


def test_a_property_that_all_faces_share_is_none(table):
    without = table.assign(agreement=np.nan, sharpness=0.5, **dict.fromkeys(VOTE_COLUMNS, np.nan))
    properties = slice_properties(without, np.full(len(table), 100.0))
    assert not {"votes", "sharpness", "brightness"} & set(properties)


@pytest.mark.parametrize("name", ["class: happy", "beauty: much", "class", "", "class: sad + "])
def test_an_unknown_slice_is_refused(properties, name):
    with pytest.raises(ValueError, match="has no slice"):
        faces_in_slice(properties, name)


def test_the_slice_made_bad_comes_first_and_is_called_so():
    properties = made_up()
    right = np.random.default_rng(1).random(len(properties)) < 0.9
    bad = faces_in_slice(properties, "colour: green")
    right[bad[::2]] = False
    found = accuracy_by_slice(properties, right, pairs=False)
    assert found["slice"][0] == "colour: green"
    assert found["accuracy"].is_monotonic_increasing
    assert found.loc[found["adjusted_p"] < 0.05, "slice"].tolist() == ["colour: green"]
    first = found.iloc[0]
    assert first["low"] < first["accuracy"] < first["high"]


def test_a_pair_is_named_only_where_it_is_worse_than_both_of_its_properties():
    properties = made_up()
    right = np.ones(len(properties), dtype=bool)
    right[faces_in_slice(properties, "colour: red + size: small")[::2]] = False
    right[faces_in_slice(properties, "colour: blue")[::3]] = False
    found = accuracy_by_slice(properties, right, pairs=True)["slice"].tolist()
    assert found[0] == "colour: red + size: small"
    assert [name for name in found if " + " in name] == found[:1]
    singles = accuracy_by_slice(properties, right, pairs=False)["slice"].tolist()
    assert [name for name in found if " + " not in name] == singles


def test_chance_alone_makes_no_blind_spot():
    properties = pd.concat([made_up(seed=i).add_suffix(f" {i}") for i in range(6)], axis=1)
    right = np.random.default_rng(7).random(len(properties)) < 0.8
    found = accuracy_by_slice(properties, right, pairs=True)
    assert (found["p"] < 0.05).any()
    assert not (found["adjusted_p"] < 0.05).any()


def test_small_slices_are_left_out():
    properties = made_up(100)
    right = np.ones(100, dtype=bool)
    assert (accuracy_by_slice(properties, right, True, 20)["n"] >= 20).all()
    assert accuracy_by_slice(properties, right, True, 101).empty
    assert accuracy_by_slice(properties.iloc[:0], right[:0], True, 1).empty
    assert accuracy_by_slice(properties[[]], right, True, 1).empty


def test_faces_without_the_value_are_in_no_slice_of_it():
    properties = made_up(100)
    properties.loc[:49, "size"] = np.nan
    found = accuracy_by_slice(properties, np.ones(100, dtype=bool), False, 1).set_index("slice")
    assert found.loc[["size: small", "size: large"], "n"].sum() == 50
