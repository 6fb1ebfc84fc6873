"""Registries over JSON-RPC: read, watched, mirrored, proven and administered."""
