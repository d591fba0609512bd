"""Modules of `detector_errors.py`: what is detected, how it is compared, and its tables."""
