"""Mail on this machine's sockets.

server     MailServer: a whisper node, an archive and a desk, together
intake     what arrives goes into the archive, then is acknowledged
serving    requests become pages, page by page, fairly among peers
syncing    what another mail server has, from where we left off
metrics    what a server tells Prometheus
endpoint   /metrics and /health over HTTP
"""
