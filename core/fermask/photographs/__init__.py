"""A photograph → faces → 48×48 crops → answers, without TensorFlow."""
