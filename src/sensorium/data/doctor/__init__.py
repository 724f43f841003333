"""The data doctor: finds what is wrong with a file of records before any training, and shows one as a model sees it."""
