"""The XOR metric (discv5-theory, "Nodes, Records and Distances")."""

import pytest

from waypost._ext.xor import closer, logdistance
from waypost.errors import ConfigError

ZERO = bytes(32)


def node_id(number):
    return number.to_bytes(32)


@pytest.mark.parametrize("bit", [0, 1, 7, 8, 63, 64, 127, 128, 191, 192, 254, 255])
def test_logdistance_is_the_bit_length_of_the_difference(bit):
    a = node_id(0xA5 << 200)
    assert logdistance(a, a) == 0
    assert logdistance(a, node_id((0xA5 << 200) ^ (1 << bit))) == bit + 1
    assert logdistance(ZERO, node_id(2 ** (bit + 1) - 1)) == bit + 1


@pytest.mark.parametrize("bit", [0, 63, 64, 128, 192, 255])
def test_closer_compares_all_256_bits(bit):
    target = node_id(3 << 100)
    near, far = target, node_id((3 << 100) ^ (1 << bit))
    assert closer(target, near, far)
    assert not closer(target, far, near)
    assert not closer(target, far, far)


@pytest.mark.parametrize("wrong", [b"", bytes(31), bytes(33), None])
def test_an_id_of_another_size_is_the_callers_mistake(wrong):
    with pytest.raises(ConfigError, match="32 bytes"):
        logdistance(ZERO, wrong)
    with pytest.raises(ConfigError, match="32 bytes"):
        closer(ZERO, ZERO, wrong)
