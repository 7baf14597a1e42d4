"""FERM: masks on faces, the FERM data set, and networks that read expressions above a mask.

Reading order, which is also the order of imports (a later module may import an earlier one):

labels, files, circumstances, fer2013, landmarks, masking, duplicates, screening, measuring, ferm,
examples, pretraining, augmentation, models, training, recipe, pace, inference, export,
evaluation, tables, calibration, disturbances, expressions, geometry, reproduction, peers,
browsing, drawing, photograph, detection, framing, mask_seen, prediction, overlays, figures,
recipe_report, report, model_card.

Nothing heavy is imported here, and no module imports dlib, Keras or onnxruntime before it
needs them (the networks' own files in ``models`` import Keras, and are imported by name).
"""
