def may_relay(address: bytes, peer: bytes) -> bool:
    """Whether a node at one 18-byte address may be told to, or by, a peer at another.

    A loopback address concerns loopback peers only, a LAN address peers on a LAN or on loopback,
    an Internet address everybody. Raises ConfigError for what is not an address.
    """
