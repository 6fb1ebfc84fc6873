"""Messages under wnode's password, as it sends and reads them."""

import os
import time

from tests.interop.wnode import PASSWORD, TOPIC
from waypost import PrivateKey
from waypost.net.sealing import seal
from waypost.whisper import symmetric
from waypost.whisper.envelope import Envelope
from waypost.whisper.message import Message, compose, padding_size_b

KEY = symmetric.key_from_password(PASSWORD)
POW = 0.2  # the least that wnode takes
WORK_TIME_S = 60.0


async def sealed(text: str, *, ttl_s: int, signer: PrivateKey) -> Envelope:
    """An envelope of now that wnodes accept and can read."""
    payload = text.encode()
    padding = os.urandom(padding_size_b(payload, signed=True))
    plain = compose(payload, padding=padding, signer=signer.secret_key)
    envelope = Envelope.create(
        expiry_s=int(time.time()) + ttl_s,
        ttl_s=ttl_s,
        topic=bytes.fromhex(TOPIC),
        data=symmetric.seal(plain, KEY, nonce=os.urandom(symmetric.NONCE_SIZE_B)),
    )
    return await seal(envelope, pow=POW, max_time_s=WORK_TIME_S)


def text_of(envelope: Envelope) -> str:
    return Message.open(envelope.data, KEY).payload.decode()
