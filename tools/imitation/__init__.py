"""Imitated files of public data sets: the published formats and cameras, filled with any prepared motion.

The data sets themselves may not be passed on. These files have their names, keys, types, cameras and sizes,
so readers, protocols and tables can be tried and tested without them; the poses in them are those of the
motion that they are made from, and each file says so.
"""
