import copy
import os
import pickle
import stat

import pytest

from waypost._ext.record import ENR
from waypost._ext.secp256k1 import recover
from waypost.errors import KeyFileError
from waypost.keys import PrivateKey

SECRET = "4646464646464646464646464646464646464646464646464646464646464646"
ADDRESS = "0x9d8A62f656a8d1615C1294fd71e9CFb3E4855A4F"  # EIP-155, "Example": the same secret


@pytest.fixture
def path(tmp_path):
    return tmp_path / "key.hex"


def store(path, text, mode=0o600):
    path.write_text(text)
    path.chmod(mode)


def test_address_of_a_known_key():
    key = PrivateKey.from_hex(SECRET)
    assert key.checksum_address == ADDRESS
    assert key.address == bytes.fromhex(ADDRESS[2:]) == key.node_id[12:]
    assert key == PrivateKey.from_hex(f"0x{SECRET}\n") == PrivateKey.from_bytes(b"\x46" * 32)


def test_generated_keys_differ():
    keys = {PrivateKey.generate() for _ in range(20)}
    assert len(keys) == len({key.node_id for key in keys}) == 20


def test_it_signs():
    key = PrivateKey.from_hex(SECRET)
    assert recover(key.sign_recoverable(bytes(32)), bytes(32)) == key.public_key
    assert ENR.create(key).node_id == key.node_id


@pytest.mark.parametrize("text", ["", "46", SECRET[:-1], SECRET + "0", "g" + SECRET[1:], "0" * 64])
def test_from_hex_refuses_what_is_no_key(text):
    with pytest.raises(KeyFileError) as raised:
        PrivateKey.from_hex(text)
    assert "4646" not in str(raised.value)


def test_save_and_load(path):
    key = PrivateKey.generate()
    key.save(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert PrivateKey.load(path) == PrivateKey.load(str(path)) == key
    assert path.read_text() == key.secret_key.reveal().hex() + "\n"


def test_save_is_private_whatever_the_umask(path):
    before = os.umask(0)
    try:
        PrivateKey.generate().save(path)
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_save_never_overwrites(path, tmp_path):
    store(path, "precious")
    with pytest.raises(KeyFileError, match="not overwritten"):
        PrivateKey.generate().save(path)
    assert path.read_text() == "precious"
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(KeyFileError, match="not overwritten"):
        PrivateKey.generate().save(tmp_path / "link")
    assert not (tmp_path / "elsewhere").exists()


def test_a_save_that_fails_leaves_nothing(path, monkeypatch):
    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(KeyFileError, match="No space left"):
        PrivateKey.generate().save(path)
    assert not path.exists()


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o620, 0o601])
def test_a_key_that_others_may_use_is_refused(path, mode):
    store(path, SECRET, mode)
    with pytest.raises(KeyFileError, match=f"chmod 600 {path}"):
        PrivateKey.load(path)


def test_load_names_what_is_wrong(path, tmp_path):
    with pytest.raises(KeyFileError, match="No such file"):
        PrivateKey.load(path)
    with pytest.raises(KeyFileError, match="not a file"):
        PrivateKey.load(tmp_path)
    os.mkfifo(tmp_path / "pipe", 0o600)
    with pytest.raises(KeyFileError, match="not a file"):
        PrivateKey.load(tmp_path / "pipe")
    for text in ("", SECRET[1:], SECRET * 1000, "\x00\xff" * 32, "0" * 64):
        store(path, text)
        with pytest.raises(KeyFileError, match="holds no key") as raised:
            PrivateKey.load(path)
        assert "4646" not in str(raised.value)
        assert "\n" not in str(raised.value)


def test_load_or_create(path):
    made = PrivateKey.load_or_create(path)
    assert PrivateKey.load_or_create(path) == made
    path.chmod(0o644)
    with pytest.raises(KeyFileError, match="chmod"):
        PrivateKey.load_or_create(path)


def test_a_closed_key_does_nothing_more(path):
    with PrivateKey.generate() as key:
        assert key.node_id
    for call in (lambda: key.save(path), lambda: key.sign_recoverable(bytes(32))):
        with pytest.raises(KeyFileError, match="closed"):
            call()
    assert not path.exists()
    assert len(key.public_key) == 33


def test_the_secret_is_never_shown_copied_or_pickled():
    key = PrivateKey.from_hex(SECRET)
    assert repr(key) == str(key) == f"<PrivateKey of node {key.node_id[:4].hex()}…>"
    assert "4646" not in f"{key!r} {vars(key)}"
    for duplicate in (copy.deepcopy, pickle.dumps):
        with pytest.raises(TypeError):
            duplicate(key)
