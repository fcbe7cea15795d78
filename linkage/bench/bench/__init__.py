"""Benchmarks of the linkage engine against Splink on the same data."""
