"""Formats in which motion is published: read into plain arrays, whatever data set they come from."""
