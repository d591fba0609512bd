"""Modules of `generalisation.py`: what it measures, how, and its tables."""
