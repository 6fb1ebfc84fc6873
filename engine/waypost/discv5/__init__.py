"""Discovery v5.1 without I/O.

`Machine` is the whole node: it takes `(data, address, now)` and gives datagrams (in its outbox),
events,
finished requests and the next deadline. Its packet path is compiled (`waypost._ext.wire`); what is
here is
policy, one idea a file:

    machine    feeding, draining, timers; who is told what
    liveness   which contacts are checked when, and what follows from an answer
    records    a contact that announces a newer record is asked for it
    upkeep     lookups of our own keep the table filled
    lookups    running lookups: queries out, answers in
    lookup     the recursive lookup itself (discv5-theory, "Lookup Protocol")
    endpoints  which of a record's endpoints we can use
"""
