"""wav2vec 2.0 with CTC: speech to letters with their times, quickly and without inventing any."""
