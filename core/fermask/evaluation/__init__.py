"""Rates with intervals, what a figure is about, confusion and calibration."""
