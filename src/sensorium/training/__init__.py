"""One loop; objectives, schedules and checkpoints around it; recipes as YAML."""
