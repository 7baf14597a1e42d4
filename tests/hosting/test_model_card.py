"""The model card: Hugging Face can read it, and its figures are the records'."""

from dataclasses import replace

import numpy as np

from fermask.evaluation.evaluation import evaluate
from fermask.evaluation.headlines import HELD_BACK, Headline
from fermask.evaluation.rates import Rate
from fermask.evaluation.scope import FRESH
from fermask.hosting.model_card import model_card
from fermask.reporting.published_card import published_card
from fermask.system.files import read_json
from fermask.system.paths import SHIPPED, WORN


def test_the_card_is_the_hubs_and_holds_the_records_figures():
    from huggingface_hub import ModelCard

    labels = np.repeat(np.arange(4), 25)
    probabilities = np.eye(4)[np.where(np.arange(100) % 5 == 0, 0, labels)]
    record = {"result": {"parameters": 81_788}, "rows": list(range(150)), "ferm": "FERM v3"}
    stated = {
        HELD_BACK: Headline(0.83, 0.8, 0.9, 100, (0.85, 0.81)),
        FRESH: Headline(0.75, 0.7, 0.8, 60, (0.76, 0.74)),
    }
    figures = evaluate(labels, probabilities)
    text = model_card(record, figures, stated, 100, "Never wrong about it.", {})
    once = {name: replace(each, each=(each.value,)) for name, each in stated.items()}
    assert "means over" not in model_card(record, figures, once, 100, "Never wrong about it.", {})
    card = ModelCard(text)
    card.data.to_dict()
    assert card.data.license == "mit"
    accuracy = next(each for each in card.data.eval_results if each.metric_type == "accuracy")
    # The mean, as in the text, not that of the weights that ship.
    assert accuracy.metric_value == 0.83
    assert "**83.0%** of the held-back faces" in text
    assert "n = 100" in text
    assert "means over 2 pretrainings (85.0 and 81.0%; 76.0 and 74.0%)" in text
    assert "**75.0%** of those whose photograph stands once" in text
    assert "FERM v3: 100 faces" in text
    assert "pretrained on 50 more faces" in text
    assert "| angry | 100.0 | 80.0 |" in text
    assert "Never wrong about it." in text
    assert "Masks that people wear" not in text


def test_the_published_card_is_of_the_published_files():
    text = published_card()
    assert (SHIPPED.parent / "README.md").read_text(encoding="utf-8") == text
    worn = read_json(WORN)["networks"][SHIPPED.stem]
    assert f"names {Rate(**worn['worn neutral named neutral'])} neutral" in text
    # Never the one without how often it is sure at all.
    assert f"sure of {Rate(**worn['worn neutral sure'])} of them" in text
    shift = read_json(SHIPPED.with_suffix(".json"))["neutral_shift"]
    assert f"adds {shift:g} to neutral's log-odds" in text
