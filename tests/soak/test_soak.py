"""The soak, briefly: it finds nothing wrong, and it would find what is."""

import json
import subprocess
import sys

import pytest

from tests.soak import handshakes, letters, requests
from tests.soak.samples import slope

FEW = ("--minutes", "0.1", "--peers", "20", "--archive", "2000", "--slow", "6", "--ttl", "10")
QUICK = ("--haste", "4", "--attacks", "25", "--rate", "20", "--queries", "8", "--json")


@pytest.mark.skipif(sys.platform != "linux", reason="it reads /proc")
def test_a_short_soak():
    done = subprocess.run(
        [sys.executable, "-m", "tests.soak", *FEW, *QUICK],
        capture_output=True,
        text=True,
        timeout=280,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    said = json.loads(done.stdout)
    assert said["faults"] == []
    figures = said["figures"]
    assert figures["deliveries_per_s"] > figures["envelopes_per_s"] > 1
    assert figures["first_page_count"] > 5
    attacks = (*handshakes.ATTACKS, *letters.ATTACKS, *requests.ATTACKS)
    assert figures["attacks"] >= len(attacks) == figures["attack_kinds"]
    assert {name for each in attacks for name in each.refusals} <= set(figures["refusals"])


def test_growth_is_seen_through_outliers():
    steady = [(5.0 * number, 100.0) for number in range(60)]
    steady[30] = (150.0, 9_000.0)
    assert slope(steady) == 0
    assert slope([(at, 1000 * at) for at, _ in steady]) == 60_000
