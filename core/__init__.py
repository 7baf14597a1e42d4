"""FERM: masks on faces, the FERM data set, and networks that read expressions above a mask.

Reading order, which is also the order of imports (a later module may import an earlier one):

labels, files, parquet, circumstances, workers, hub, fer2013_csv, fer2013_pictures, fer2013,
landmarks, masking, duplicates, screening, measuring, ferm, found_sets, review, examples,
pretraining, augmentation, models, devices, training, recipe, pace, inference, export, evaluation,
imported_predictions, tables, performance, calibration, disturbances, expressions, geometry,
reproduction, peers, browsing, comparison, label_errors, slices, areas, embedding, answers,
data_card, drawing, exported_pictures, photograph, album, boxes, centerface, detection, framing,
mask_seen, prediction, prediction_parts, overlays, figures, recipe_report, agreement,
detection_report, report, model_card, dataset_card, spaces.

Nothing heavy is imported here, and no module imports dlib, Keras or onnxruntime before it
needs them (the networks' own files in ``models`` import Keras, and are imported by name).
"""

import os

# onnxruntime reports its use to Microsoft unless it is told not to before it is imported.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
