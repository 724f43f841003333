"""VideoMAE, and what all families that name films have in common: network, loading, the object that users get."""
