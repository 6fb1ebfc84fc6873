"""/metrics and /health of a mail server, for who watches it."""

import json

import aiohttp
import pytest

from tests.mailers import Troubled, asking, everything, meeting, serving
from tests.whisper_nodes import mail
from waypost.errors import ArchiveError, ConfigError, NodeError
from waypost.net.mail.endpoint import MetricsEndpoint
from waypost.net.run import until

ANY = "127.0.0.1:0"


async def get(endpoint, path, method="GET"):
    """The status and the text."""
    async with (
        aiohttp.ClientSession() as session,
        session.request(method, endpoint.url + path) as answer,
    ):
        return answer.status, await answer.text()


async def health(endpoint):
    status, text = await get(endpoint, "/health")
    return status, json.loads(text)


async def metrics(endpoint):
    """The values by their names."""
    status, text = await get(endpoint, "/metrics")
    assert status == 200
    rows = (line.rpartition(" ") for line in text.splitlines() if not line.startswith("#"))
    return {name: float(value) for name, _, value in rows}


async def test_health_tells_of_the_whole_life(tmp_path):
    archive = Troubled(tmp_path / "archive")
    server = serving(archive)
    async with MetricsEndpoint(server, ANY) as endpoint:
        stopped = (503, {"healthy": False, "problems": ["it is not running"]})
        assert await health(endpoint) == stopped
        async with server, meeting(server) as sender:
            assert await health(endpoint) == (200, {"healthy": True, "problems": []})
            archive.trouble = ArchiveError("full", "no room")
            sender.post(mail(1))
            assert await until(lambda: not server.healthy, 20)
            status, said = await health(endpoint)
            assert (status, said["healthy"]) == (503, False)
            assert said["problems"] == ["the archive takes no more envelopes: full: no room"]
            assert (await metrics(endpoint))["waypost_mail_healthy"] == 0
        assert await health(endpoint) == stopped
        assert (await metrics(endpoint))["waypost_mail_healthy"] == 0


async def test_metrics_are_of_this_server_alone(tmp_path):
    one, two = serving(tmp_path / "one"), serving(tmp_path / "two")
    async with one, two, MetricsEndpoint(one, ANY) as first, MetricsEndpoint(two, ANY) as second:
        async with meeting(one) as sender, asking(one) as client:
            for number in range(3):
                sender.post(mail(number, size_b=1000))
            assert await until(lambda: one.stats.stored_count == 3, 20)
            await client.ask(everything())
            await client.ask(everything(limit=5000))
            told = await metrics(first)
        assert told['waypost_mail_envelopes_total{outcome="committed"}'] == 3
        assert told['waypost_mail_requests_total{outcome="completed"}'] == 1
        assert told['waypost_mail_requests_total{outcome="refused"}'] == 1
        assert told['waypost_mail_refusals_total{reason="high-limit"}'] == 1
        assert told["waypost_mail_delivered_envelopes_total"] == 3
        assert 3000 < told["waypost_mail_delivered_bytes_total"] < 4000
        assert told["waypost_mail_archive_envelopes"] == 3
        assert told["waypost_mail_archive_topics"] == 1
        assert told["waypost_mail_archive_bytes"] > 3000
        assert told["waypost_mail_archive_oldest_seconds"] > 1.7e9
        assert told["waypost_mail_peers"] == 2
        assert told["waypost_mail_peers_served"] == told["waypost_mail_intake_bytes"] == 0
        assert told["waypost_mail_first_page_seconds_count"] == 1
        assert told["waypost_mail_commit_envelopes_sum"] == 3
        assert told["waypost_mail_healthy"] == 1
        other = await metrics(second)
        assert other["waypost_mail_archive_envelopes"] == other["waypost_mail_peers"] == 0
        assert "waypost_mail_delivered_envelopes_total" in other


async def test_nothing_else_is_served(tmp_path):
    server = serving(tmp_path / "archive")
    async with server, MetricsEndpoint(server, ANY) as endpoint:
        assert (await get(endpoint, "/"))[0] == 404
        assert (await get(endpoint, "/metrics", "POST"))[0] == 405


async def test_an_address_that_cannot_be_used_is_said(tmp_path):
    server = serving(tmp_path / "archive")
    with pytest.raises(ConfigError, match="has no port"):
        MetricsEndpoint(server, "127.0.0.1")
    async with MetricsEndpoint(server, ANY) as endpoint:
        busy = endpoint.url.removeprefix("http://")
        with pytest.raises(NodeError, match=f"metrics: TCP {busy} is in use"):
            await MetricsEndpoint(server, busy).__aenter__()
