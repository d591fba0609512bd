"""`python -m rtpca` is the command line."""

from rtpca.cli.main import run

run()
