"""Folders of runs that nothing was trained in."""

from fermask.networks import NETWORKS
from fermask.system.files import write_json
from fermask.training.settings import TrainingSettings

# Of ``fermask.training.epoch_time.measure_pace``.
PACE = {
    "settings": {"rounds": 2, "batches": 4, "batch_size": 64},
    "machine": "2 × test",
    "backend": "tensorflow",
    "seconds_a_batch": {name: [0.1, 0.3] for name in NETWORKS} | {"xception": [0.2, 0.4]},
}


def write_run(folder, model, protocol, seed, correct, finished=True, ferm="FERM v1"):
    """A run that named ``correct`` of 400 faces rightly."""
    run = folder / TrainingSettings(model, protocol, seed).name
    settings = {"model": model, "protocol": protocol, "seed": seed, "epochs": 100}
    write_json(
        run / "run.json",
        {
            "settings": settings,
            "ferm": ferm,
            "images_sha256": "ab" * 32,
            "versions": {"keras": "3"},
            "machine": "2 × test",
        },
    )
    if finished:
        result = {
            "accuracy": correct / 400,
            "correct": correct,
            "n": 400,
            "best_accuracy": (correct + 4) / 400,
            "best_epoch": 90,
            "seconds_an_epoch": 1.0,
            "parameters": 81_788,
            "backend": "tensorflow",
        }
        write_json(run / "result.json", result)


def write_runs(folder):
    """Two networks' runs, of which one is not finished and one holds the development fold back."""
    write_run(folder, "m_xception", "clean", 0, 300)
    write_run(folder, "m_xception", "clean", 1, 320)
    write_run(folder, "m_xception", "paper", 0, 340)
    write_run(folder, "cnn", "clean", 0, 280)
    write_run(folder, "cnn", "clean", 1, 0, finished=False)
    write_run(folder, "m_xception", "clean", 9, 390)
