"""Where a new layer can stand among others, and with which settings it makes sense there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pydantic import ValidationError

from engine.errors import SettingError
from engine.fields import explain
from engine.layers import LAYER_KINDS, Conv2DSpec, LayerKind
from engine.layers.layer import Shape
from engine.layers.pooling import PoolSpec
from engine.specs import INPUT_SHAPE, NetworkSpec

SMALL_IMAGE = 8
"""Images smaller than this are not shrunk further by a new convolution."""


def with_new_layer(layers: Sequence[LayerKind], kind: str, index: int) -> tuple[int, LayerKind]:
    """Return where a new layer of `kind` goes, and what it is: at `index` or as near to it as is possible.

    Parameters
    ----------
    layers : sequence of LayerKind
        A possible network.
    kind : str
        A key of :data:`engine.layers.LAYER_KINDS`.
    index : int
        Where it is wanted, 0 to ``len(layers)``.

    Raises
    ------
    SettingError
        When it can stand nowhere: the sentence is about the place where it was wanted.
    """
    refusal: SettingError | None = None
    for place in _places(kind, index, len(layers)):
        layer = new_layer(kind, layers[:place])
        try:
            NetworkSpec(layers=(*layers[:place], layer, *layers[place:]))
        except ValidationError as error:
            refusal = refusal or explain(error, NetworkSpec)
        else:
            return place, layer
    assert refusal is not None
    raise refusal


def new_layer(kind: str, before: Sequence[LayerKind]) -> LayerKind:
    """Return a layer of `kind` with settings that suit what stands before it.

    The first convolution looks through large windows for few patterns, later ones through small windows for twice as
    many; both halve the image, which is what makes them quick.
    """
    shape: Shape = INPUT_SHAPE
    for layer in before:
        shape = layer.output_shape(shape)
    side = min(shape[:2]) if len(shape) > 1 else INPUT_SHAPE[0]
    filters = [layer.filters for layer in before if isinstance(layer, Conv2DSpec)]
    if kind == "conv":
        stride = 2 if side >= SMALL_IMAGE else 1
        if filters:
            return Conv2DSpec(filters=min(2 * filters[-1], 1024), kernel=min(3, side), stride=stride)
        return Conv2DSpec(kernel=min(5, side), stride=stride)
    cls = LAYER_KINDS[kind]
    return cls(size=min(2, side)) if issubclass(cls, PoolSpec) else cls()


def _places(kind: str, index: int, count: int) -> Iterator[int]:
    """Yield all places, the wanted one first; what looks at an image rather stands further in front."""
    in_front, behind = range(index - 1, -1, -1), range(index + 1, count + 1)
    looks = kind == "conv" or issubclass(LAYER_KINDS[kind], PoolSpec)
    yield index
    yield from (*in_front, *behind) if looks else (*behind, *in_front)
