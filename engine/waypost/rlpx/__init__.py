"""RLPx, the transport of devp2p over TCP (rlpx.md, EIP-8), without I/O.

`Connection` is one end of a connection: it takes `(bytes, now)` and gives bytes, events and the
next deadline. Frames are compiled (`waypost._ext.frames`); what is here is one idea a file:

    connection    feeding, draining, timers: handshake, Hello, then messages
    agreement     the handshake of one end as a machine
    handshake     auth and ack in the form of EIP-8 and in the older one, and the secrets
    capabilities  what both ends speak, and the message ids of it
    basics        Hello, Disconnect, Ping and Pong: the messages of the "p2p" capability
    compression   snappy, bounded before anything is decompressed
    admission     how many connections may come in, in all and from one address
"""
