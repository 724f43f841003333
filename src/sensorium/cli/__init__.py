"""Typed functions behind the `sensorium` command; the only place that prints."""
