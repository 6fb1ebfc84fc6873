"""Mail on this machine's sockets.

server    MailServer: a Whisper node, an archive and a desk, together
live      what exists while it runs, and its work in the background
intake    what arrives goes into the archive, then is acknowledged
serving   answers go out a page at a time, to each peer in its turn
answers   what is said to a client, and to another server
syncing   what another server has is copied, round after round; resume: from where
stats     what is counted; metrics: the same for Prometheus
endpoint  /metrics and /health over HTTP
client    a package: MailClient, which asks them
"""
