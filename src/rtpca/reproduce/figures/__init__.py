"""The data behind the paper's figures: one file per figure, arrays and numbers, no drawing."""
