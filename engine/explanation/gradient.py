"""Which pixels speak for an answer: the input times the gradient of an output with respect to it.

The gradient alone says how the answer would move if a pixel did (Simonyan, Vedaldi, Zisserman 2013, "Deep Inside
Convolutional Networks"); times the input it says what the ink that is there contributes (Shrikumar, Greenside,
Shcherbina, Kundaje 2016, "Not Just a Black Box"). Of a network without hidden layers this is exact: each weight times
its pixel. Of others it holds as far as the network is straight around the image.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.layers.layer import Array
from engine.network import Network, as_floats
from engine.specs import CLASSES, INPUT_SHAPE


@np.errstate(over="ignore", invalid="ignore")
def input_gradient(network: Network, image: NDArray[Any], direction: Array) -> Array:
    """Return the gradient of a mixture of the outputs' weighted sums with respect to the pixels, shape (28, 28).

    The weighted sums are those before the output activation: a softmax would mix in what becomes of the other digits,
    and a ReLU that is off would have no gradient. Dropout is off, batch normalization uses its running figures.

    Parameters
    ----------
    network : Network
        Its buffers and gradients are overwritten: it must not be training at the same time.
    image : ndarray of shape (28, 28)
        Bytes, or floats from 0 to 1.
    direction : ndarray of shape (10,)
        How much each output counts; 1 at a digit and 0 elsewhere asks for that digit.
    """
    X = as_floats(image[np.newaxis], network.output.dtype)
    for layer in network.layers:
        X = layer.forward(X)
    d = network.output.backward_from_sums(np.array(direction, network.output.dtype).reshape(1, CLASSES))
    for layer in reversed(network.layers[:-1]):
        assert d is not None  # only a layer that is said to be the first one returns nothing
        d = layer.backward(d)
    assert d is not None
    return d.reshape(INPUT_SHAPE).copy()


def input_times_gradient(network: Network, image: NDArray[Any], digit: int) -> Array:
    """Return how much each pixel speaks for `digit`, or against it if negative, shape (28, 28).

    Parameters
    ----------
    network : Network
        As for :func:`input_gradient`.
    image : ndarray of shape (28, 28)
        Bytes, or floats from 0 to 1.
    digit : int
        0 to 9.

    Returns
    -------
    ndarray of shape (28, 28)
        In units of the digit's weighted sum, in the network's own precision. Where there is no ink it is 0.
    """
    gradient = input_gradient(network, image, np.eye(CLASSES)[digit])
    with np.errstate(over="ignore", invalid="ignore"):
        return gradient * as_floats(image, gradient.dtype)
