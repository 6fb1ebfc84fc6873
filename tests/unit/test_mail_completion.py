"""The end of an answer, as status-go 0.34 sends it, and what its client would disconnect for."""

import pytest

from tests.oracle import mail as oracle
from waypost.errors import ConfigError, MailError
from waypost.mail.archive import NO_HASH
from waypost.mail.completion import Completed, Failed, decode, encode

ID, LAST = bytes(range(32)), bytes(range(32, 64))
CURSOR = bytes.fromhex("6b02c490") + LAST


def test_the_captured_ends():
    assert encode(Completed(ID, LAST)) == b"\xb8\x40" + ID + LAST
    assert encode(Completed(ID, LAST, CURSOR)) == b"\xb8\x64" + ID + LAST + CURSOR
    error = bytes.fromhex("4552524f523d") + ID + b"rate limit exceeded"
    assert encode(Failed(ID, "rate limit exceeded")) == b"\xb8" + bytes([len(error)]) + error


@pytest.mark.parametrize(
    "completion",
    [
        Completed(ID),
        Completed(ID, LAST),
        Completed(ID, LAST, CURSOR),
        Failed(ID, ""),
        Failed(ID, "é"),
    ],
)
def test_an_end_is_read_as_it_was_sent(completion):
    assert decode(encode(completion)) == completion


def test_an_id_alone_is_an_end():
    assert decode(oracle.completed(ID)) == Completed(ID, NO_HASH, b"")


@pytest.mark.parametrize("size_b", [0, 31, 33, 63, 65, 99, 101])
def test_other_sizes_are_refused(size_b):
    with pytest.raises(MailError, match="bad-completion"):
        decode(oracle.completed(bytes([1] * size_b)))


@pytest.mark.parametrize(
    "payload", [b"", b"\xc0", b"\xb8\x40" + bytes(63), b"\xb8\x40" + bytes(65)]
)
def test_what_is_not_one_string_is_refused(payload):
    with pytest.raises(MailError, match="bad-rlp"):
        decode(payload)


def test_a_text_is_shown_as_far_as_it_goes():
    read = decode(oracle.failed(ID, b"\xff" + b"x" * 10_000))
    assert read == Failed(ID, "�" + "x" * 255)


@pytest.mark.parametrize(
    "completion", [Completed(ID[1:]), Completed(ID, b""), Completed(ID, LAST, bytes(40))]
)
def test_what_a_client_disconnects_for_is_not_sent(completion):
    with pytest.raises(ConfigError):
        encode(completion)
