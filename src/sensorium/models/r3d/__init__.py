"""R3D-18: films by convolutions over time and space, with the names of torchvision's weights."""
