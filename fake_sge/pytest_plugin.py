"""A pytest fixture: a running cell with its commands on PATH."""
