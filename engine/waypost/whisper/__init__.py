"""Whisper v6 (EIP-627) without I/O, as go-ethereum speaks it.

    envelope    what travels: compiled, with its hash, its proof of work and its bloom
    acceptance  whether a node takes an envelope now, and why not
    message     what an envelope holds: payload, padding, signature; opened by a key or a password
    symmetric   AES-256-GCM under a shared key, and the key of a password

Time and entropy are arguments: `now_s`, the nonce and iv of a cipher, an ephemeral key, padding.
Work takes time, so what finds a nonce is in net/sealing.py.
"""
