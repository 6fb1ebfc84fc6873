"""Whisper v6 (EIP-627) without I/O, as go-ethereum speaks it.

    envelope    what travels: compiled, with its hash, its proof of work and its bloom
    acceptance  whether a node takes an envelope now, and why not
    message     what an envelope holds: payload, padding, signature; opened by a key or a password
    symmetric   AES-256-GCM under a shared key, and the key of a password

A node of the network is `machine.Whisper`; what it is made of:

    packets     what peers say of themselves and of envelopes: status, bloom, acknowledgements
    effects     what it asks of its driver, and tells its owner
    peer        what is known of a peer
    terms       what we take, and for a while what we took before
    intake      what becomes of envelopes that come
    pool        the envelopes that have not expired
    ranking     which of them give way once there is no more room
    relay       which of them go to which peers
    limits      how fast packets may come from a node, and from an address
    clock       time that does not go back

Time and entropy are arguments: `now_s`, the nonce and iv of a cipher, an ephemeral key, padding.
Work takes time, so what finds a nonce is in net/sealing.py.
"""
