"""What all families that name films have in common: network, files of a folder, loading, the object that users get."""
