"""Whisper mail without I/O: what clients ask of a mail server, and what it answers.

    archive     what a mail server keeps: the interface of every store
    request     which envelopes a client wants (126), in the four forms that real clients send
    desk        whether a request is served: it takes requests, and gives orders for the archive
    limits      how often one may ask, and what was asked before
    delivery    a page of the archive as packets: envelopes (127), then the end (125)
    completion  that end: nothing is left, there is more, or it was refused
    sync        what servers ask of each other (123) and answer (124)
    sync_desk   whether another server may copy from this one
    copying     copying from another one, page by page
    ages        which times are copied when
    client      a package: what a client asks for, and what it believes of the answers
    items       the fields of all of them, read and checked

Envelopes go out as the archive has them: nothing is parsed again. Time is an argument.
"""
