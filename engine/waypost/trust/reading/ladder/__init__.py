"""The ways to read facts from a node, fastest first: one rung a file, `climb` goes down them."""
