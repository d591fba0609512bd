"""The command line: one thin file per verb, put together in `rtpca.cli.main`."""
