"""Many questions from a file: a line of answers for each line, whatever happens on the way."""
