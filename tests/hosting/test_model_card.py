"""The model card: Hugging Face can read it, and its figures are the records'."""

import numpy as np

from fermask.evaluation.evaluation import evaluate
from fermask.hosting.model_card import model_card


def test_the_card_is_the_hubs_and_holds_the_records_figures():
    from huggingface_hub import ModelCard

    labels = np.repeat(np.arange(4), 25)
    probabilities = np.eye(4)[np.where(np.arange(100) % 5 == 0, 0, labels)]
    record = {"result": {"parameters": 81_788}, "rows": list(range(150))}
    text = model_card(record, evaluate(labels, probabilities), 100, "Never wrong about it.")
    card = ModelCard(text)
    card.data.to_dict()
    assert card.data.license == "mit"
    accuracy = next(each for each in card.data.eval_results if each.metric_type == "accuracy")
    assert accuracy.metric_value == 0.85
    assert "**85.0%** of the held-back faces" in text
    assert "n = 100" in text
    assert "pretrained on 50 more faces" in text
    assert "| angry | 100.0 | 80.0 |" in text
    assert "Never wrong about it." in text
