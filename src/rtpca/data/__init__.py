"""Prepared data files, the readers that make them, virtual cameras, augmentation and synthetic motion.

Nothing is imported here: take what you need from `rtpca.data.store`, `rtpca.data.datasets.prepare` and
their siblings.
"""
