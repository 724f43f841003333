"""What everything stands on: errors, config base, safe files. Standard library only."""
