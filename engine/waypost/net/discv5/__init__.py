"""A discv5 node on this machine's sockets."""
