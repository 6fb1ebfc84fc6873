"""Whisper v6 over RLPx.

node     `WhisperNode`: a node as its users see it
pump     what links bring goes into the machine, and what the machine asks for is done
keeping  staying connected with nodes that the user named
peering  staying connected with nodes that discovery shows
"""
