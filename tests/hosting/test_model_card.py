"""The model card: Hugging Face can read it, and its figures are the records'."""

import numpy as np

from fermask.evaluation.evaluation import evaluate
from fermask.evaluation.headlines import HELD_BACK
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
    stated = {HELD_BACK: Rate(0.85, 0.8, 0.9, 100), FRESH: Rate(0.75, 0.7, 0.8, 60)}
    figures = evaluate(labels, probabilities)
    text = model_card(record, figures, stated, 2, 100, "Never wrong about it.", {})
    alone = model_card(record, figures, stated, 1, 100, "Never wrong about it.", {})
    assert "means over" not in alone
    card = ModelCard(text)
    card.data.to_dict()
    assert card.data.license == "mit"
    accuracy = next(each for each in card.data.eval_results if each.metric_type == "accuracy")
    assert accuracy.metric_value == 0.85
    assert "**85.0%** of the held-back faces" in text
    assert "n = 100" in text
    assert "means over\n2 pretrainings" in text
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
