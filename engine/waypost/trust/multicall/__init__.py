"""Many reads of any contracts at once, and registries that are not ours. No I/O."""
