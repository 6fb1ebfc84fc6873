"""The fuzz targets, briefly: no promise is broken and every outcome is reached."""

import pytest

from tests.fuzz import (
    fuzz_envelope,
    fuzz_mail,
    fuzz_message,
    fuzz_packet,
    fuzz_plaintext,
    fuzz_proof,
    fuzz_record,
    fuzz_rlpx,
    fuzz_whisper_node,
)

TARGETS = [fuzz_envelope, fuzz_message, fuzz_packet, fuzz_plaintext, fuzz_proof, fuzz_record]
TARGETS += [fuzz_mail, fuzz_rlpx, fuzz_whisper_node]


@pytest.mark.parametrize("target", TARGETS)
def test_target(target):
    outcomes = target.run(100_000, seed=1)
    assert sum(outcomes.values()) == 100_000
    assert all(outcomes.values())
