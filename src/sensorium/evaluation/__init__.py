"""Suites of measured cases, metrics, calibration, reports."""
