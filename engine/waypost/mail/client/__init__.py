"""A mail client without I/O: what it asks for, and what it believes of the answers.

    window      what is asked for: a span of time, and topics or a bloom
    history     a window page by page, from one server after another; each envelope once
    inspection  what is not taken of what a server delivers, by name
    refusals    what servers say where they do not serve, and what to do about it
    seen        the hashes that a later page could bring again, and no others
    scores      which server is asked next, by how each has done so far
    keyring     the user's keys, and what they open
    comparison  what each of several servers lacks of what they have together

Nothing is taken on a server's word but that it has no more: which of its envelopes a server
holds back, only other servers show.
"""
