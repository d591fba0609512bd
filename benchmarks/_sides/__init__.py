"""Modules of `sides.py`: films of motion capture, what is exchanged in them, and what repair made of it."""
