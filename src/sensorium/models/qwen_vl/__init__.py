"""Qwen2-VL, Qwen2.5-VL and Qwen3-VL: pictures at their own size, films with their times, places as numbers."""
