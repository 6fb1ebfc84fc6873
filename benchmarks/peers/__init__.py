"""Nodes that do the same work in processes of their own."""
