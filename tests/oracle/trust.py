"""The trust rules written out: ABI, words, verdicts, EIP-712 and EIP-55, slow and obvious."""

from collections.abc import Mapping, Sequence
from typing import Any

from Crypto.Hash import keccak

RESOURCE = {
    "provider_id": 32,
    "epoch": 32,
    "status": 8,
    "flags": 24,
    "registered_at": 40,
    "expires_at": 40,
    "nonce": 48,
    "list_index": 32,
}
PROVIDER = {"owner": 160, "status": 8, "epoch": 32, "valid_until": 40, "flags": 16}
REGISTRY = {"version": 16, "halted": 8, "provider_count": 32, "deploy_block": 64}
KIND = {"version": 64, "last_block": 64, "ttl_s_min": 40, "ttl_s_max": 40, "flags": 16}

ACTIVE, CHALLENGED = 2, 5

OF_SERVER = {0: "not-listed", 1: "server-pending", 2: "", 3: "server-suspended", 4: "removed"}
OF_PROVIDER = {
    0: "provider-unknown",
    1: "provider-pending",
    2: "",
    3: "provider-suspended",
    4: "provider-retired",
    5: "",
}


def keccak256(data: bytes) -> bytes:
    return keccak.new(digest_bits=256, data=data).digest()


def fields(word: int, layout: dict[str, int]) -> dict[str, int]:
    """The fields of a word, read off its 256 binary digits from the right."""
    digits = f"{word:0256b}"
    found = {}
    for name, width in layout.items():
        found[name] = int(digits[-width:], 2)
        digits = digits[:-width]
    return found


def word(values: dict[str, int], layout: dict[str, int]) -> int:
    digits = ""
    for name, width in layout.items():
        digits = f"{values[name]:0{width}b}" + digits
    return int(digits, 2)


def part(word: int, layout: dict[str, int], name: str) -> int:
    """One field of a word: a shift over those below it, and a mask."""
    shift = 0
    for other, width in layout.items():
        if other == name:
            break
        shift += width
    return word >> shift & (1 << layout[name]) - 1


def finding(resource: int, now_s: int, registry: int, providers: Mapping[int, int]) -> str:
    """What is to be said against a server first; "" if nothing, "?" for a status of no registry.

    `providers` holds the words of the providers that the user trusts.
    """
    status = part(resource, RESOURCE, "status")
    provider = providers.get(part(resource, RESOURCE, "provider_id"))
    if part(registry, REGISTRY, "halted"):
        return "halted"
    if status not in OF_SERVER:
        return "?"
    if OF_SERVER[status] in ("not-listed", "removed"):
        return OF_SERVER[status]
    if provider is None:
        return "provider-not-trusted"
    if OF_SERVER[status]:
        return OF_SERVER[status]
    provider_status = part(provider, PROVIDER, "status")
    if provider_status not in OF_PROVIDER:
        return "?"
    if OF_PROVIDER[provider_status]:
        return OF_PROVIDER[provider_status]
    if part(resource, RESOURCE, "epoch") != part(provider, PROVIDER, "epoch"):
        return "epoch-passed"
    if 0 < part(resource, RESOURCE, "expires_at") <= now_s:
        return "expired"
    if 0 < part(provider, PROVIDER, "valid_until") <= now_s:
        return "provider-expired"
    return ""


def is_trusted(
    resource_word: int,
    provider_words: dict[int, int],
    registry_word: int,
    now_s: int,
    trusted_providers: set[int],
) -> bool:
    """The rule of the contract's `isTrusted`, clause by clause."""
    resource = fields(resource_word, RESOURCE)
    provider = fields(provider_words.get(resource["provider_id"], 0), PROVIDER)
    return (
        fields(registry_word, REGISTRY)["halted"] == 0
        and resource["status"] == ACTIVE
        and provider["status"] in (ACTIVE, CHALLENGED)
        and resource["epoch"] == provider["epoch"]
        and (resource["expires_at"] == 0 or resource["expires_at"] > now_s)
        and (provider["valid_until"] == 0 or provider["valid_until"] > now_s)
        and resource["provider_id"] in trusted_providers
    )


def base_slot(namespace: str) -> int:
    """Where a namespace begins (ERC-7201)."""
    name = int.from_bytes(keccak256(namespace.encode()), "big") - 1
    return int.from_bytes(keccak256(name.to_bytes(32, "big")), "big") & ~0xFF


def mapping_slot(slot: int, *keys: bytes) -> int:
    """Where the value under a key lies, of a mapping at a slot; or of mappings of mappings."""
    for key in keys:
        slot = int.from_bytes(keccak256(key + slot.to_bytes(32, "big")), "big")
    return slot


def abi_word(value: int | bytes) -> bytes:
    return value.to_bytes(32, "big") if isinstance(value, int) else value.rjust(32, b"\0")


def abi_encode(values: Sequence[int | bytes | list[Any]]) -> bytes:
    """The ABI encoding of words and arrays of them: a head of words and offsets, then tails."""
    head, tails = b"", b""
    for value in values:
        if isinstance(value, list):
            head += abi_word(32 * len(values) + len(tails))
            tails += abi_word(len(value)) + b"".join(map(abi_word, value))
        else:
            head += abi_word(value)
    return head + tails


def typed_data_digest(
    domain: dict[str, int | bytes | str], type_: str, values: Sequence[int | bytes]
) -> bytes:
    """EIP-712: the hash that is signed, for a struct of words of the given type."""
    kinds = {"name": "string", "version": "string", "chainId": "uint256"}
    members = ",".join(f"{kinds.get(name, 'address')} {name}" for name in domain)
    hashed = [
        keccak256(value.encode()) if isinstance(value, str) else value for value in domain.values()
    ]
    separator = keccak256(
        keccak256(f"EIP712Domain({members})".encode()) + b"".join(map(abi_word, hashed))
    )
    struct = keccak256(keccak256(type_.encode()) + b"".join(map(abi_word, values)))
    return keccak256(b"\x19\x01" + separator + struct)


def checksum_address(address: bytes) -> str:
    """EIP-55."""
    text = address.hex()
    bits = int.from_bytes(keccak256(text.encode()), "big")
    return "0x" + "".join(
        letter.upper() if bits >> (255 - 4 * place) & 1 else letter
        for place, letter in enumerate(text)
    )
