"""A face: its classes, landmarks, mask styles, masks and drawings."""
