"""The parts of `benchmarks/crossings.py`."""
