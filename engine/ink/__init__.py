"""Pen strokes made into the 28x28 image that a network trained on MNIST expects."""
