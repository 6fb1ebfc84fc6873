"""What those who run the registry need of it: ABI, consents, listings, roles. No I/O."""
