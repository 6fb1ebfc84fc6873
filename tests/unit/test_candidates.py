"""What a finder remembers: newest record, last verdict, what was trusted; and its bound."""

from types import SimpleNamespace

import pytest

from waypost.errors import RpcError
from waypost.trust.candidates import Candidates
from waypost.trust.verdict import Outcome, Reason, Source, Verdict


def node_id(number):
    return number.to_bytes(32)


def record(number, seq=1):
    return SimpleNamespace(node_id=node_id(number), seq=seq)


def trusted(number, provider_id=1):
    return Verdict(Outcome.TRUSTED, node_id(number), provider_id=provider_id)


def untrusted(number, reason=Reason.NOT_LISTED):
    return Verdict(Outcome.UNTRUSTED, node_id(number), reason)


def unknown(number, cause="unreachable"):
    return Verdict(Outcome.UNKNOWN, node_id(number), error=RpcError(cause))


def judged(*verdicts, count_max=100):
    candidates = Candidates(count_max)
    for verdict in verdicts:
        candidates.offer(record(int.from_bytes(verdict.node_id)))
        candidates.judge(verdict, 0.0)
    return candidates


def ids(candidates):
    return [server.node_id for server in candidates.trusted()]


def test_a_candidate_waits_for_a_verdict_once():
    candidates = Candidates(10)
    assert candidates.offer(record(1))
    assert not candidates.offer(record(1))
    assert not candidates.offer(record(1, seq=2))
    assert len(candidates) == 1


def test_only_a_trusted_verdict_makes_a_server():
    assert ids(judged(trusted(1), untrusted(2), unknown(3))) == [node_id(1)]
    assert ids(Candidates(10)) == []


def test_the_newest_record_is_used():
    candidates = judged(trusted(1))
    for seq, kept in ((3, 3), (2, 3), (4, 4)):
        candidates.offer(record(1, seq))
        assert candidates.trusted()[0].record.seq == kept


def test_a_server_knows_its_provider_and_whether_it_is_the_users_own():
    own = Verdict(Outcome.TRUSTED, node_id(2), source=Source.OWN)
    listed, users = judged(trusted(1, provider_id=7), own).trusted()
    assert (listed.provider_id, listed.own) == (7, False)
    assert (users.provider_id, users.own) == (None, True)


def test_a_verdict_on_what_is_gone_is_dropped():
    assert Candidates(10).judge(trusted(1), 0.0) is None


def test_a_change_of_the_reason_is_a_change():
    candidates = Candidates(10)
    candidates.offer(record(1))
    steps = [
        (unknown(1), True),
        (unknown(1), False),
        (unknown(1, "timeout"), True),
        (untrusted(1), True),
        (untrusted(1), False),
        (untrusted(1, Reason.REMOVED), True),
        (trusted(1), True),
        (trusted(1), False),
    ]
    assert [candidates.judge(verdict, 0.0).changed for verdict, _ in steps] == [
        changed for _, changed in steps
    ]


def test_who_was_trusted_is_revoked_once_even_after_an_outage():
    candidates = judged(untrusted(1), trusted(1))
    assert candidates.judge(unknown(1), 1.0).revoked is None
    revoked = candidates.judge(untrusted(1, Reason.REMOVED), 2.0).revoked
    assert revoked is not None
    assert (revoked.node_id, revoked.verdict.outcome) == (node_id(1), Outcome.TRUSTED)
    assert candidates.judge(untrusted(1), 3.0).revoked is None


def test_an_outage_alone_revokes_nothing():
    candidates = judged(trusted(1))
    assert candidates.judge(unknown(1), 1.0).revoked is None
    assert ids(candidates) == []
    assert candidates.judge(trusted(1), 2.0).revoked is None
    assert ids(candidates) == [node_id(1)]


@pytest.mark.parametrize("last", [trusted(1), unknown(1)], ids=["answering", "silent"])
def test_ten_thousand_impostors_push_out_no_trusted_server(last):
    candidates = judged(trusted(1), last, count_max=50)
    for number in range(2, 10_002):
        candidates.offer(record(number))
        candidates.judge(untrusted(number), 1.0)
    assert len(candidates) == 50
    assert candidates.judge(trusted(1), 2.0) is not None
    assert candidates.account() == (
        "10001 candidates, of the 50 kept: 49 untrusted (49 not-listed), 1 trusted"
    )


def test_the_longest_unjudged_impostor_makes_room():
    candidates = judged(untrusted(1), untrusted(2), count_max=2)
    candidates.judge(untrusted(1), 1.0)
    assert candidates.offer(record(3))
    assert candidates.judge(untrusted(2), 2.0) is None
    assert candidates.judge(untrusted(1), 2.0) is not None


def test_a_full_pool_of_trusted_or_waiting_takes_no_more():
    candidates = judged(trusted(1), count_max=2)
    assert candidates.offer(record(2))
    assert not candidates.offer(record(3))
    assert ids(candidates) == [node_id(1)]


def test_what_is_stale_is_asked_for_by_outcome_and_age():
    candidates = Candidates(10)
    for number, verdict in enumerate([trusted(0), untrusted(1), unknown(2), unknown(3)]):
        candidates.offer(record(number))
        candidates.judge(verdict, float(number))
    candidates.offer(record(9))
    assert candidates.stale([Outcome.UNKNOWN], 2.0) == [node_id(2)]
    assert candidates.stale([Outcome.TRUSTED, Outcome.UNTRUSTED], 5.0) == [node_id(0), node_id(1)]


def test_the_account_says_how_many_and_why():
    assert Candidates(10).account() == "no candidate"
    assert judged(trusted(1)).account() == "1 candidate: 1 trusted"
    candidates = judged(
        trusted(1), untrusted(2), untrusted(3), untrusted(4, Reason.REMOVED), unknown(5)
    )
    candidates.offer(record(6))
    assert candidates.account() == (
        "6 candidates: 3 untrusted (2 not-listed, 1 removed), 1 trusted, "
        "1 unknown (1 unreachable), 1 waiting for the registry"
    )
