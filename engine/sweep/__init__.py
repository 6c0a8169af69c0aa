"""Experiments: many runs whose settings differ, done by worker processes here or on a cluster."""
