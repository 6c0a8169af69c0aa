"""Neural networks from scratch on NumPy: what they are, how they learn, how good they are, and where they are kept.

Start with :class:`engine.network.Network`, :func:`engine.training.train` and :func:`engine.datasets.load_dataset`.
Nothing in here knows of windows.
"""
