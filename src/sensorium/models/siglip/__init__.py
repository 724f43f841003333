"""SigLIP and the plain form of SigLIP 2: pictures and texts in one space, and their two towers alone."""
