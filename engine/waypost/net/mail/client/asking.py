"""Requests for mail, as servers take them: encrypted, signed, and given their work."""

from waypost._ext.envelope import Envelope
from waypost.config import MailClientConfig
from waypost.keys import PrivateKey
from waypost.mail.client.history import Page
from waypost.mail.client.window import Window
from waypost.mail.request import Form, MailRequest, encode
from waypost.net.clock import wall_clock_s
from waypost.net.sealing import seal
from waypost.net.writing import encrypt
from waypost.whisper.symmetric import key_from_password

_TOPIC = bytes(4)  # of every request: it travels over one link


class RequestWriter:
    """Writes requests that only one server can read, or with a password whoever knows it."""

    def __init__(self, key: PrivateKey, password: str | None, config: MailClientConfig) -> None:
        self._key = key
        self._shared = None if password is None else key_from_password(password)
        self._config = config

    async def write(self, page: Page, window: Window, public_key: bytes) -> Envelope:
        """The request for a page. Its hash is the request's id.

        Raises NotEnoughWork.
        """
        config = self._config
        form = Form(config.form)
        request = MailRequest(
            lower_s=page.lower_s,
            upper_s=page.upper_s,
            bloom=window.bloom,
            topics=tuple(sorted(window.topics)),
            limit=page.limit,
            cursor=page.cursor,
            batch=form is not Form.LEGACY,
            form=form,
        )
        to = public_key if self._shared is None else None
        envelope = Envelope.create(
            expiry_s=wall_clock_s() + config.request_ttl_s,
            ttl_s=config.request_ttl_s,
            topic=_TOPIC,
            data=encrypt(encode(request), to, self._shared, self._key.secret_key),
            work=config.whisper.work,
        )
        return await seal(
            envelope,
            pow=config.request_pow,
            max_time_s=config.request_work_s_max,
            thread_count=1,  # it takes a millisecond
        )
