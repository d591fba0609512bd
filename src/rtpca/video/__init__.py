"""Videos: frames in, people found and followed, their poses lifted; and frames out again."""
