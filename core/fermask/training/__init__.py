"""Examples, augmentation, training, pretraining, the recipe and export."""
