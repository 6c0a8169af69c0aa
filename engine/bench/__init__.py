"""The benchmark: this engine beside other libraries, and beside the bare matrix products that no program can beat.

Each contender runs in a process of its own and lives through all rounds of a workload; they take turns, so that a
machine that is slower for a while is so for everybody. Nothing is compared but medians.
"""
