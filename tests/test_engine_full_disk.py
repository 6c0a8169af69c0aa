"""A disk that becomes full while a network is trained: see full_disk.py, which a process of its own runs."""

from __future__ import annotations

import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from engine.children import environment

PROGRAM = Path(__file__).with_name("full_disk.py")
CASES = ["full_on_the_way", "full_from_the_start", "killed_while_full"]
MOUNT = 'mount -t tmpfs -o size=16m tmpfs "$0"'


@cache
def mountable() -> bool:
    """Whether this system lets a process have a small file system of its own; else there is the limit alone."""
    try:
        done = subprocess.run(["unshare", "-rm", "sh", "-c", MOUNT, "/tmp"], capture_output=True, check=False)
    except OSError:
        return False
    return done.returncode == 0


@pytest.mark.parametrize("way", ["limit", *(["tmpfs"] if mountable() else [])])
def test_a_full_disk_stops_no_training_and_costs_nothing_that_is_kept(way: str, tmp_path: Path) -> None:
    program = [sys.executable, str(PROGRAM), way, str(tmp_path)]
    if way == "tmpfs":
        program = ["unshare", "-rm", "sh", "-c", f'{MOUNT} && exec "$@"', str(tmp_path), *program]
    done = subprocess.run(program, env=environment(), capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert done.stdout.split() == CASES
