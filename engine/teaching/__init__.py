"""Learn my digits: a network fine-tuned to the user's own hand, and what that does for it."""
