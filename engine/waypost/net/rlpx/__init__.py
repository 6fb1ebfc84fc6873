"""RLPx over TCP: a node's connections, one a peer.

host      `RlpxHost`: listens, admits, keeps the pool, hands out what comes
dialling  dials that callers share
link      `Link`: one open connection, as its users see it
channel   one socket and the machine at its end: bytes, timers, back-pressure
"""
