"""Who is let in, on a clock that tests set."""

import pytest

from waypost.config import HostConfig
from waypost.errors import ConfigError
from waypost.rlpx.admission import Admission, address_of


@pytest.mark.parametrize(("one", "other", "same"), [
    ("192.0.2.1", "192.0.2.1", True),
    ("192.0.2.1", "192.0.2.2", False),
    ("192.0.2.1", "::ffff:192.0.2.1", True),
    ("2001:db8::1", "2001:db8::ffff:0:0:1", True),
    ("2001:db8::1", "2001:db8:0:1::1", False),
    ("fe80::1%eth0", "fe80::2", True),
    ("::1", "127.0.0.1", False),
])  # fmt: skip
def test_what_counts_as_one_address(one, other, same):
    assert (address_of(one) == address_of(other)) is same


def test_each_bound_has_its_name():
    config = HostConfig(
        pending_count_max=3, address_count_max=3, address_pending_count_max=2,
        address_interval_count_max=4, address_interval_s=10.0,
    )  # fmt: skip
    door = Admission(config)
    assert [door.arrive("192.0.2.1", 0.0) for _ in range(3)] == ["", "", "address-pending"]
    assert [door.arrive("192.0.2.2", 0.0) for _ in range(2)] == ["", "pending"]
    for _ in range(2):
        door.settle("192.0.2.1")
    assert [door.arrive("192.0.2.1", 0.0) for _ in range(2)] == ["", "address"]
    for settled in (True, True, False):
        door.leave("192.0.2.1", settled=settled)
    assert [door.arrive("192.0.2.1", 9.9) for _ in range(2)] == ["", "address-rate"]
    assert door.arrive("192.0.2.1", 10.0) == ""


def test_what_left_is_not_counted():
    door = Admission(HostConfig(address_count_max=1, address_interval_count_max=10_000))
    for number in range(1000):
        assert door.arrive("192.0.2.1", 0.0) == ""
        if number % 2:
            door.settle("192.0.2.1")
        door.leave("192.0.2.1", settled=bool(number % 2))


def test_what_is_remembered_of_addresses_is_bounded():
    door = Admission(HostConfig(address_memory_count_max=2, address_interval_count_max=1))
    for host in ("192.0.2.1", "192.0.2.2", "192.0.2.2"):
        refusal = door.arrive(host, 0.0)
        if not refusal:
            door.leave(host, settled=False)
    assert refusal == "address-rate"
    assert door.arrive("192.0.2.3", 0.0) == ""  # the oldest is forgotten
    assert door.arrive("192.0.2.1", 0.0) == ""
    assert door.arrive("192.0.2.3", 0.0) == "address-rate"


def test_settings_that_cannot_be_used():
    for setting in (
        {"link_count_max": 0},
        {"inbound_count_max": 1001},
        {"output_low_b": 1 << 18},
        {"linger_s": -1.0},
    ):
        with pytest.raises(ConfigError):
            HostConfig(**setting)
