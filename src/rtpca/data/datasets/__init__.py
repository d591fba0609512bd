"""Readers of motion-capture sources: one file per format, and what is known about published collections."""
