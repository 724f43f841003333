"""What all models that write down speech share: sound in pieces, transcripts, subtitles."""
