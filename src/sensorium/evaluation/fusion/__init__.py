"""The ways in which modalities meet, compared at equal size and data on a task that needs two of them."""
