"""Words in the text of a JSON-RPC answer."""
