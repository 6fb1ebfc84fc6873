"""Curation by stake: its terms, requests, disputes and votes, read and judged without I/O."""
