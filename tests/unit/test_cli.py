"""The command line: every verb's help, JSON, exit status, and errors of one line."""

import os
import socket
import subprocess

import click
import pytest

from tests.commands import PROGRAM, waypost
from waypost._ext.record import ENR
from waypost.cli import waypost as root
from waypost.keys import PrivateKey
from waypost.net.trust.policy_file import save_policy
from waypost.trust.policy import TrustPolicy

ADDRESS = "0x2C1500ce29a524fB6deE7F4c10877d56F92405Cf"
NODE_ID = "07" * 32
KIND = ("--kind", "whisper.mailserver")
REGISTRY = ("--rpc", "http://127.0.0.1:1", "--registry", ADDRESS)


MAIL_VERBS = ["serve", "history", "send", "compare"]
REGISTRY_VERBS = [
    *("deploy", "show", "read", "verify", "prove", "sign", "halt", "unhalt", "deprecate"),
    "watch",
    *(f"admin {verb}" for verb in ("begin", "accept", "cancel", "delay", "cancel-delay")),
    *(f"role {verb}" for verb in ("grant", "revoke", "renounce", "show")),
    *(f"kind {verb}" for verb in ("set", "show")),
    *(f"server {verb}" for verb in ("add", "move", "release", "renew", "flags", "remove")),
    *(f"server {verb}" for verb in ("show", "list")),
    *(f"provider {verb}" for verb in ("register", "set-metadata", "transfer", "accept")),
    *(f"provider {verb}" for verb in ("cancel", "heartbeat", "bump-epoch", "retire")),
    *(f"provider {verb}" for verb in ("activate", "suspend", "set-status", "show", "list")),
    *(f"provider operator {verb}" for verb in ("add", "remove")),
    *(f"curate {verb}" for verb in ("apply", "challenge", "evidence", "execute", "lapse")),
    *(f"curate {verb}" for verb in ("exit start", "exit finish", "adopt-terms", "withdraw")),
    *(f"curate {verb}" for verb in ("show", "rule", "deploy", "take-office", "decide")),
    *(f"curate {verb}" for verb in ("set-parameters", "set-kind", "owner offer", "owner accept")),
    *(f"curate vote {verb}" for verb in ("commit", "reveal", "execute", "unlock", "claim")),
    *(f"curate token {verb}" for verb in ("deploy", "transfer", "show")),
    *(f"curate arbitrator {verb}" for verb in ("multisig", "vote")),
]
TRUST_VERBS = [
    *("show", "add", "remove", "grant"),
    *(f"provider {verb}" for verb in ("add", "remove", "show")),
    *(f"server {verb}" for verb in ("add", "remove")),
    *(f"roots {verb}" for verb in ("none", "endpoint", "agreed", "light-client")),
]


def verbs(group=root, path=()):
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from verbs(command, (*path, name))
        else:
            yield (*path, name), command


VERBS = dict(verbs())


@pytest.fixture
def key_file(tmp_path):
    path = tmp_path / "key"
    assert waypost("key", "new", path).status == 0
    return path


@pytest.fixture
def silent():
    """A record of a loopback port where nobody answers."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as deaf, PrivateKey.generate() as key:
        deaf.bind(("127.0.0.1", 0))
        yield ENR.create(key, ip="127.0.0.1", udp=deaf.getsockname()[1]).text


@pytest.fixture
def unreachable():
    """A record that names no address."""
    with PrivateKey.generate() as key:
        return ENR.create(key).text


# ---- help


def test_the_verbs():
    assert {" ".join(path) for path in VERBS} == {
        "demo",
        "find",
        "key new",
        "key show",
        "enr show",
        "enr make",
        "discv5 listen",
        "discv5 ping",
        "discv5 resolve",
        "discv5 lookup",
        *(f"mail {verb}" for verb in MAIL_VERBS),
        *(f"registry {verb}" for verb in REGISTRY_VERBS),
        *(f"trust {verb}" for verb in TRUST_VERBS),
    }


@pytest.mark.parametrize("path", VERBS, ids=" ".join)
def test_every_verb_has_help_and_json(path):
    ended = waypost(*path, "--help")
    assert (ended.status, ended.err) == (0, "")
    assert ended.out.startswith(f"Usage: waypost {' '.join(path)}")
    assert "--json" in ended.out
    assert waypost(*path, "-h").out == ended.out


@pytest.mark.parametrize("path", VERBS, ids=" ".join)
def test_every_option_says_what_it_is_and_every_verb_fits_its_line(path):
    command = VERBS[path]
    options = [each for each in command.params if isinstance(each, click.Option)]
    assert [option.name for option in options if not option.help] == []
    assert not command.get_short_help_str(limit=60).endswith("...")


def groups(group=root):
    for command in group.commands.values():
        if isinstance(command, click.Group):
            yield command
            yield from groups(command)


@pytest.mark.parametrize("group", [*groups()], ids=lambda group: group.name)
def test_every_group_fits_its_line(group):
    assert not group.get_short_help_str(limit=60).endswith("...")


def test_options_that_are_named_alike_mean_the_same():
    meanings = {}
    for command in VERBS.values():
        for option in command.params:
            if isinstance(option, click.Option):
                for name in option.opts:
                    meanings.setdefault(name, set()).add((option.metavar, option.type.name))
    several = {name for name, meant in meanings.items() if len(meant) > 1}
    assert several == {"--trust"}  # of `demo` alone it takes no value: it chooses a story


@pytest.mark.parametrize(
    "group", [(), ("key",), ("discv5",), ("registry",), ("registry", "server"), ("trust",)]
)
def test_a_group_alone_shows_its_help_with_status_2(group):
    ended = waypost(*group)
    assert ended.status == 2
    assert ended.out.startswith("Usage: waypost")


# ---- key and enr


def test_key_new_and_show(tmp_path):
    path = tmp_path / "key"
    made = waypost("key", "new", path, "--json")
    shown = waypost("key", "show", path, "--json")
    assert made.data == shown.data
    (data,) = made.data
    assert data.keys() == {"node_id", "public_key", "address"}
    assert path.stat().st_mode & 0o777 == 0o600
    secret = path.read_text().strip()
    for ended in (made, shown, waypost("key", "show", path)):
        assert secret not in ended.out + ended.err
        assert data["address"] in ended.out


def test_enr_make_and_show(key_file):
    made = waypost(
        *("enr", "make", "--key", key_file, "--json", "--ip", "127.0.0.1", "--udp", "9000"),
        *("--seq", "7", "--pair", "whisper.mailserver=01"),
    )
    (data,) = made.data
    assert waypost("enr", "show", data["enr"], "--json").data == [data]
    assert data | {"enr": 0, "node_id": 0} == {
        "enr": 0,
        "node_id": 0,
        "seq": 7,
        "ip": "127.0.0.1",
        "udp": 9000,
        "pairs": {"whisper.mailserver": "01"},
    }
    text = waypost("enr", "show", data["enr"]).out
    assert "pair     whisper.mailserver=01\n" in text
    assert "127.0.0.1" in text


def test_pairs_of_strangers_neither_speak_for_us_nor_steer_a_terminal(key_file):
    hostile = ("--pair", "node_id=00", "--pair", "own=01", "--pair", "a\x1b[2J=02")
    (data,) = waypost("enr", "make", "--key", key_file, "--json", *hostile).data
    (key,) = waypost("key", "show", key_file, "--json").data
    assert data["node_id"] == key["node_id"]
    assert data["pairs"] == {"node_id": "00", "own": "01", "a\x1b[2J": "02"}
    text = waypost("enr", "show", data["enr"]).out
    assert "\x1b" not in text
    assert "a\\x1b[2J=02" in text


# ---- errors of one line


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["nosuch"], "No such command 'nosuch'. (waypost --help says more)"),
        (["key", "nosuch"], "(waypost key --help says more)"),
        (["find", "--nosuch"], "(waypost find --help says more)"),
        (["find"], "Missing option '--kind'"),
        (["find", *KIND, *REGISTRY], "give at least one --bootnode ENR"),
        (["find", *KIND, *REGISTRY, "--timeout", "0"], "--timeout"),
        (["find", *KIND, *REGISTRY, "--trust", "0"], "--trust"),
        (
            ["find", *KIND, *REGISTRY, "--bootnode", "enr:x"],
            "--bootnode is not a node record: bad-",
        ),
        (["find", *KIND, *REGISTRY, "--own", "x"], "--own is not a node record: bad-text"),
        (
            ["find", *KIND, *REGISTRY, "--policy", "/nosuch/file"],
            "there is no trust policy /nosuch",
        ),
        (["enr", "show", "garbage"], "not a node record: bad-text: the text of a record is enr:"),
        (["discv5", "ping", "enr:-IS4"], "the argument is not a node record: bad-"),
        (["discv5", "lookup"], "give at least one --bootnode ENR"),
        (["discv5", "resolve", NODE_ID], "give at least one --bootnode ENR"),
        (["discv5", "resolve", "xx"], "neither a record (enr:...) nor a node id of 64 hex digits"),
        (["discv5", "lookup", "xx"], "neither a record"),
        (["discv5", "listen", "--listen", "localhost:1"], "write 192.0.2.7:30303"),
        (["discv5", "listen", "--listen", "127.0.0.1:0", "--pair", "x"], "is not NAME=HEX"),
        (["discv5", "listen", "--listen", "127.0.0.1:0", "--pair", "x=zz"], "is not NAME=HEX"),
        (["discv5", "listen", "--listen", "127.0.0.1:0", "--external", "x"], "not an endpoint"),
        (
            ["registry", "provider", "list", "--rpc", "x", "--registry", ADDRESS],
            "http://127.0.0.1",
        ),
        (
            ["registry", "provider", "list", *REGISTRY[:3], ADDRESS.replace("2C", "2c")],
            "checksum of the address",
        ),
        (["registry", "provider", "list", *REGISTRY[:3], "0x12"], "0x and 40 hexadecimal digits"),
        (["registry", "verify", *KIND, *REGISTRY], "Missing argument 'ENR|NODE_ID...'"),
        (["registry", "verify", "--kind", "a b", *REGISTRY, NODE_ID], "printable ASCII"),
    ],
    ids=lambda value: " ".join(map(str, value)) if isinstance(value, list) else None,
)
def test_what_is_asked_wrongly_ends_with_status_2(arguments, says):
    ended = waypost(*arguments)
    assert says in ended.failure(2)
    assert (ended.out, ended.err.count("\n")) == ("", 1)


def test_a_policy_that_is_not_understood_is_not_obeyed(tmp_path):
    policy = tmp_path / "policy.toml"
    policy.write_text("version = 1\nproviders = [1]\n")
    policy.chmod(0o600)
    verify = ["registry", "verify", *KIND, *REGISTRY, "--policy", policy, NODE_ID]
    for more in ([], ["--trust", "2"]):
        assert "unknown key 'providers'" in waypost(*verify, *more).failure(2)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--ip", "bad"], "bad-endpoint"),
        (["--udp", "99999"], "bad-endpoint"),
        (["--udp", "x"], "--udp"),
        (["--seq", "-1"], "sequence number"),
        (["--pair", f"big={'00' * 300}"], "at most 300 bytes"),
    ],
)
def test_a_record_that_cannot_be_is_refused(key_file, options, says):
    assert says in waypost("enr", "make", "--key", key_file, *options).failure(2)


def test_key_files_that_cannot_be_used(tmp_path, key_file):
    assert "waypost key new" in waypost("key", "show", tmp_path / "none").failure(2)
    assert "name a new file" in waypost("key", "new", key_file).failure(2)
    assert "is a directory" in waypost("key", "show", tmp_path).failure(2)
    assert "No such file" in waypost("key", "new", tmp_path / "none" / "key").failure(2)
    key_file.chmod(0o640)
    deploy = ["registry", "deploy", "--rpc", "http://127.0.0.1:1", "--account", key_file]
    assert f"run chmod 600 {key_file}" in waypost(*deploy).failure(2)
    key_file.chmod(0o600)
    key_file.write_text("not a key\n")
    assert "64 hex digits" in waypost("discv5", "listen", "--key", key_file).failure(2)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_a_key_file_without_permission(key_file):
    key_file.chmod(0)
    assert "is not readable" in waypost("key", "show", key_file).failure(2)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no full device here")
def test_a_full_disk_behind_standard_output(key_file):
    with open("/dev/full", "w") as full:
        command = [*PROGRAM, "key", "show", key_file]
        ended = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True)
    said = "waypost: [Errno 28] No space left on device\n"
    assert (ended.returncode, ended.stderr) == (1, said)


def test_a_busy_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as busy:
        busy.bind(("127.0.0.1", 0))
        where = f"127.0.0.1:{busy.getsockname()[1]}"
        failure = waypost("discv5", "listen", "--listen", where).failure(1)
    assert failure == f"UDP {where} is in use: choose another port, or 0 for any that is free"


@pytest.mark.parametrize(
    "arguments",
    [
        ["provider", "list"],
        ["server", "list", *KIND],
        ["verify", *KIND, NODE_ID],
        ["provider", "register", "--account"],
        ["provider", "suspend", "1", "--account"],
        ["server", "remove", *KIND, NODE_ID, "--account"],
    ],
    ids=" ".join,
)
def test_a_registry_that_cannot_be_reached(arguments, key_file):
    account = [key_file] if arguments[-1] == "--account" else []
    ended = waypost("registry", *arguments, *account, *REGISTRY)
    assert ended.failure(1).endswith("unreachable: http://127.0.0.1:1: Connection refused")


def test_find_without_a_bootnode_that_answers(silent, unreachable):
    find = ["find", *KIND, *REGISTRY, "--timeout", "0.2", "--bootnode"]
    assert waypost(*find, silent).failure(1) == (
        "no node answered in 0.2 s: are the bootnodes up?"
    )
    assert "has no UDP endpoint in its record" in waypost(*find, unreachable).failure(2)


def test_nodes_that_do_not_answer(silent, unreachable):
    assert "no answer from 127.0.0.1:" in waypost("discv5", "ping", silent).failure(1)
    assert "no UDP endpoint" in waypost("discv5", "ping", unreachable).failure(1)
    assert "was not found" in waypost("discv5", "resolve", silent).failure(1)
    lookup = waypost("discv5", "lookup", "--bootnode", silent)
    assert lookup.failure(1) == "no node answered: are the bootnodes up?"


def test_own_servers_need_neither_bootnode_nor_registry(silent, tmp_path):
    policy = tmp_path / "policy.toml"
    save_policy(TrustPolicy().with_own_servers([ENR.parse(silent)]), policy)
    for given in (["--own", silent], ["--policy", policy]):
        ended = waypost("find", *KIND, *REGISTRY, "--timeout", "30", "--json", *given)
        (data,) = ended.data
        assert (data["enr"], data["own"], data["provider"]) == (silent, True, None)
        assert data["seen"] == "1 candidate: 1 trusted"
        assert "no provider   trusted" in ended.err
