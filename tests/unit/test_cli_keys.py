"""Keys that commands sign with: from files and keystores, never from the command line."""

import json
from pathlib import Path

import pytest
from eth_account import Account

from tests.commands import waypost
from waypost.errors import KeyFileError
from waypost.keys import PrivateKey
from waypost.net.trust.keystore import open_key

SECRET = bytes([7]) * 32
REGISTRY = "0x2C1500ce29a524fB6deE7F4c10877d56F92405Cf"
OFFLINE = ("--chain-id", "1", "--nonce", "0")
SIGN = ("registry", "sign", "--registry", REGISTRY, "--kind", "a", "--provider", "1", *OFFLINE)


@pytest.fixture(params=["scrypt", "pbkdf2"])
def keystore(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A keystore whose key is quick to derive; in earnest it takes a second."""
    rounds = {"scrypt": 2, "pbkdf2": 1}[request.param]
    path = tmp_path / "keystore.json"
    path.write_text(json.dumps(Account.encrypt(SECRET, "sesame", request.param, rounds)))
    return path


@pytest.fixture
def password(tmp_path: Path) -> Path:
    path = tmp_path / "password"
    path.touch(0o600)
    path.write_text("sesame\n")
    return path


def test_a_keystore_opens_with_its_password(keystore: Path) -> None:
    with open_key(keystore, lambda: "sesame") as key:
        assert key == PrivateKey.from_bytes(SECRET)
    with pytest.raises(KeyFileError, match="the password does not open the keystore"):
        open_key(keystore, lambda: "simsalabim")


@pytest.mark.parametrize("lost", ["crypto", "version", "cipherparams", "mac", "kdf", "kdfparams"])
def test_a_damaged_keystore_is_refused_in_one_line(keystore: Path, lost: str) -> None:
    keystore.write_text(keystore.read_text().replace(f'"{lost}"', '"x"'))
    with pytest.raises(KeyFileError, match="is no keystore of version 3") as told:
        open_key(keystore, lambda: "sesame")
    assert "sesame" not in str(told.value)
    for text in ("{", '{"crypto":' + "[" * 60_000):
        keystore.write_text(text)
        with pytest.raises(KeyFileError, match="is damaged"):
            open_key(keystore, lambda: "")


def test_the_password_comes_from_a_file_of_ones_own(keystore: Path, password: Path) -> None:
    with PrivateKey.from_bytes(SECRET) as key:
        signed = waypost(*SIGN, "--password-file", password, keystore)
        assert signed.data[0]["node_id"] == key.node_id.hex()
    password.chmod(0o644)
    refused = waypost(*SIGN, "--password-file", password, keystore).failure(2)
    assert f"run chmod 600 {password}" in refused
    missing = waypost(*SIGN, "--password-file", password.with_name("none"), keystore)
    assert "cannot read the password" in missing.failure(2)


def test_without_a_terminal_the_password_is_not_asked_for(keystore: Path) -> None:
    assert "give that as --password-file" in waypost(*SIGN, keystore).failure(2)


@pytest.mark.parametrize("prefix", ["", "0x"])
def test_a_secret_key_on_the_command_line_is_refused_and_not_repeated(prefix: str) -> None:
    secret = prefix + SECRET.hex()
    halt = ("registry", "halt", "--rpc", "http://127.0.0.1:1", "--registry", REGISTRY)
    for command in ((*halt, "--account", secret), (*SIGN, secret)):
        refused = waypost(*command).failure(2)
        assert "waypost key new FILE" in refused
        assert SECRET.hex() not in refused


def test_a_file_of_consents_is_never_overwritten(tmp_path: Path) -> None:
    key, out = tmp_path / "key", tmp_path / "out"
    waypost("key", "new", key)
    assert waypost(*SIGN, "--out", out, key).status == 0
    assert "name a new file" in waypost(*SIGN, "--out", out, key).failure(2)
    assert "give --rpc, or else" in waypost(*SIGN[:-2], key).failure(2)
    assert "give --rpc, or else" in waypost(*SIGN, "--rpc", "http://127.0.0.1:1", key).failure(2)


@pytest.mark.parametrize(
    ("when", "deadline"),
    [("1800000000", 1_800_000_000), ("2027-01-31", 1_801_353_600), ("never", 2**256 - 1)],
)
def test_times(tmp_path: Path, when: str, deadline: int) -> None:
    waypost("key", "new", tmp_path / "key")
    assert waypost(*SIGN, "--until", when, tmp_path / "key").data[0]["deadline"] == deadline
    assert "want never, +90d" in waypost(*SIGN, "--until", "soon", tmp_path / "key").failure(2)
