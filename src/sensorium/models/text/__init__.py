"""Language models that load on their own, and inside the vision- and audio-language families."""
