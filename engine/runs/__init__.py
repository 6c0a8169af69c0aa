"""The history of runs: what every training was, how it went, and where its weights lie."""
