"""How long a drawing takes to become the network's image, and to be read: ``python tests/bench_ink.py [--json]``.

Measured one by one in one thread, as the pad does it, on digits that people drew with a pen where that file is at
hand, else on drawn hands. The target is 1 ms for the image of an ordinary digit.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np
from PIL import Image, ImageDraw
from real_strokes import FILE, real_digits

from engine.ink.drawing import prepare
from engine.pen import Drawn
from engine.pictures.reading import prepare_picture
from engine.reader import Reader
from gui.shipped_reader import shipped_model

COMMAND = "python tests/bench_ink.py"
ROUNDS = 10
SIDE, MARGIN, WIDTH = 280, 60, 18  # of a picture, in pixels


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print the result as one JSON object")
    as_json = parser.parse_args().json
    reader, drawn = Reader.of(shipped_model()), real_digits()
    images = reader.images([one.strokes for one in drawn])
    found = {
        "image of strokes": measured(lambda one: prepare(one.strokes, reader.ink), drawn),
        "image of a picture": measured(prepare_picture, [picture(one) for one in drawn[::4]]),
        "answer of the Reader": measured(reader.read, images),
        "strokes to answer": measured(lambda one: reader.read_many([one.strokes]), drawn),
    }
    points = float(np.median([sum(map(len, one.strokes)) for one in drawn]))
    about = {"digits": len(drawn), "points": points, "drawn_by": "people" if FILE.exists() else "the program"}
    print(json.dumps({**about, "milliseconds": found}) if as_json else table(found, about))


def measured(work: Callable[[Any], object], samples: Iterable[Any]) -> dict[str, float]:
    """Return the median and the 99th percentile of the milliseconds that `work` takes for a sample."""
    samples = list(samples)
    for sample in samples[:5]:  # what is made once is not counted
        work(sample)
    times = [seconds(work, sample) for _ in range(ROUNDS) for sample in samples]
    return {"median": 1000 * float(np.median(times)), "99 %": 1000 * float(np.quantile(times, 0.99))}


def seconds(work: Callable[[Any], object], sample: object) -> float:
    """Return how long `work` takes once."""
    started = time.perf_counter()
    work(sample)
    return time.perf_counter() - started


def picture(drawn: Drawn) -> np.ndarray:
    """Return a drawing as a picture of dark ink on light paper, shape (400, 400), uint8."""
    places = np.concatenate([stroke[:, :2] for stroke in drawn.strokes])
    low, size = places.min(axis=0), float(np.ptp(places, axis=0).max())
    image = Image.new("L", (SIDE + 2 * MARGIN, SIDE + 2 * MARGIN), 235)
    for stroke in drawn.strokes:
        path = [tuple(point) for point in (stroke[:, :2] - low) * (SIDE / size) + MARGIN]
        ImageDraw.Draw(image).line(path, fill=30, width=WIDTH, joint="curve")
    return np.asarray(image)


def table(found: dict[str, dict[str, float]], about: dict[str, Any]) -> str:
    """Return the figures in lines for people."""
    rows = [f"{name:<22} {entry['median']:>8.3f} ms {entry['99 %']:>8.3f} ms" for name, entry in found.items()]
    head = f"{about['digits']} digits drawn by {about['drawn_by']}, {about['points']:.0f} points each in the median"
    return "\n".join([f"$ {COMMAND}", head, f"{'':<22} {'median':>11} {'99 %':>11}", *rows])


if __name__ == "__main__":
    main()
