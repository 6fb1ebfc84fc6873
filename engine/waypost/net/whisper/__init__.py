"""Whisper v6 over RLPx.

node     WhisperNode: drives the machine over the links of an RLPx host
keeping  stays connected with nodes that the user named
"""
