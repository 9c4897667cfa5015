"""Benchmarks: what is claimed of Shipline, measured."""
