"""What CLIP, SigLIP and their like have in common: two encoders into one space, and the object that users get."""
