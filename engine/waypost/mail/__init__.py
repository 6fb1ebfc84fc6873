"""Mail servers and their clients without I/O.

archive     what a mail server keeps: the interface of every store
"""
