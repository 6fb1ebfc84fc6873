"""Words, kinds and addresses."""

import pytest

from waypost.errors import ConfigError
from waypost.trust.address import address_text, parse_address
from waypost.trust.kind import kind_text, kind_word, service_id
from waypost.trust.words import KindWord, ProviderWord, RegistryWord, ResourceWord, Status

# Written down digit by digit from the layout, high bits first.
RESOURCE_HEX = "00000009 00000000000a 0070000001 006fffffff 000102 02 00000003 00000007"
PROVIDER_HEX = "0004 0070000000 00000003 05 5fbdb2315678afecb367f032d93f642f64180aa3"


def test_a_resource_word_is_packed_low_bit_first() -> None:
    word = ResourceWord(
        provider_id=7,
        epoch=3,
        status=Status.ACTIVE,
        flags=0x102,
        registered_at=0x6FFFFFFF,
        expires_at=0x70000001,
        nonce=10,
        list_index=9,
    )
    assert word.pack() == int(RESOURCE_HEX.replace(" ", ""), 16)
    assert ResourceWord.unpack(int(RESOURCE_HEX.replace(" ", ""), 16)) == word


def test_a_provider_word_is_packed_low_bit_first() -> None:
    owner = int("5fbdb2315678afecb367f032d93f642f64180aa3", 16)
    word = ProviderWord(owner, Status.CHALLENGED, epoch=3, valid_until=0x70000000, flags=4)
    assert word.pack() == int(PROVIDER_HEX.replace(" ", ""), 16)
    assert ProviderWord.unpack(int(PROVIDER_HEX.replace(" ", ""), 16)) == word


@pytest.mark.parametrize("layout", [ResourceWord, ProviderWord, RegistryWord, KindWord])
def test_zero_is_the_word_of_what_is_unknown(layout: type[ResourceWord]) -> None:
    assert layout.unpack(0) == layout()
    assert layout().pack() == 0


def test_a_field_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ConfigError, match="8 bits"):
        ResourceWord(status=256).pack()
    with pytest.raises(ConfigError, match="32 bits"):
        ResourceWord(provider_id=-1).pack()


def test_a_kind_is_its_text_padded_to_32_bytes() -> None:
    word = kind_word("whisper.mailserver")
    assert word == b"whisper.mailserver" + bytes(14)
    assert kind_text(word) == "whisper.mailserver"
    assert kind_word("x" * 31) == b"x" * 31 + b"\0"


def test_a_service_id_hashes_the_text_alone() -> None:
    # keccak256("whisper.mailserver"), computed with another implementation
    assert service_id("whisper.mailserver").hex() == (
        "f296faa2eaf793f87c5b8728421083e2296fffea1ad9abb93bbc58ed1a2b8de1"
    )


@pytest.mark.parametrize("kind", ["", "x" * 32, "whispér", "a b", "a\0", "a\n"])
def test_what_is_no_kind_is_refused(kind: str) -> None:
    with pytest.raises(ConfigError, match="a kind is 1 to 31 printable ASCII"):
        kind_word(kind)


@pytest.mark.parametrize(
    "word", [bytes(32), b"x" * 32, b"x\0y" + bytes(29), b"x" + bytes(30), b"\xff" + bytes(31)]
)
def test_what_is_no_kinds_word_is_refused(word: bytes) -> None:
    with pytest.raises(ConfigError):
        kind_text(word)


# EIP-55, "Test Cases"
CHECKSUMMED = [
    "0x52908400098527886E0F7030069857D2E4169EE7",
    "0x8617E340B3D01FA5F11F306F4090FD50E238070D",
    "0xde709f2102306220921060314715629080e2fb77",
    "0x27b1fdb04752bbc536007a920d24acb045561c26",
    "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
    "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
    "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
    "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
]


@pytest.mark.parametrize("text", CHECKSUMMED)
def test_an_address_has_a_checksum_in_its_letters(text: str) -> None:
    address = bytes.fromhex(text[2:])
    assert address_text(address) == text
    assert {parse_address(form) for form in (text, text.lower(), address)} == {address}


def test_a_mistyped_address_is_refused() -> None:
    with pytest.raises(ConfigError, match="mistyped"):
        parse_address("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeD")


@pytest.mark.parametrize("address", ["", "0x", "5aAeb6", "0x" + "g" * 40, bytes(19), bytes(32)])
def test_what_is_no_address_is_refused(address: str | bytes) -> None:
    with pytest.raises(ConfigError, match="an address is 0x and 40"):
        parse_address(address)
