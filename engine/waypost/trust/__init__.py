"""Trust: facts of the registry, policy of the user, verdicts of the two. No I/O, no clock."""
