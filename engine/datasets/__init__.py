"""Labelled 28x28 images: the bundled MNIST, the Keras collections, and a user's own files.

`load_dataset` turns a word such as ``"mnist"`` or ``"csv:digits.csv"`` into a `Dataset`;
`DATASET_WORDS` declares the sources. What a single source needs is imported when it is used.
"""

from engine.datasets.dataset import CLASSES, DIGITS, SIDE, Dataset
from engine.datasets.reading import LoadingCancelledError
from engine.datasets.sources import DATASET_WORDS, DatasetSource, load_dataset, without_folders, words_of

__all__ = [
    "CLASSES",
    "DATASET_WORDS",
    "DIGITS",
    "SIDE",
    "Dataset",
    "DatasetSource",
    "LoadingCancelledError",
    "load_dataset",
    "without_folders",
    "words_of",
]
