"""A mail client on this machine's sockets.

client     MailClient: histories, messages, sending and comparing
history    what its user iterates over: a window, from one server after another
session    one server, asked page by page
line       the link to it, one page at a time
servers    whom to ask: what a user named, or what a finder trusts
asking     requests: encrypted, signed, and given their work
posting    single envelopes into the network
comparing  several servers, each asked for the same
"""

from waypost.net.mail.client.client import MailClient

__all__ = ["MailClient"]
