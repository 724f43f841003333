"""Messages and media to `ModelInputs`: resize, mel, frame times, counting, batching."""
