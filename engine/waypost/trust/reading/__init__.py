"""Facts about servers, in the fastest way that a node has, kept while they hold. No I/O."""
