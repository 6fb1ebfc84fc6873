"""waypost registry verify, prove: servers judged by a node, proven or not, or by a file."""

from pathlib import Path

import click

from waypost.cli.files import read_file
from waypost.cli.options import FILE, PROVIDER_ID, kind_option
from waypost.cli.output import Said, columns, counted, emit, json_option, note
from waypost.cli.policy import (
    address_option,
    chain_id_option,
    chosen,
    kept_rpc_option,
    proof_options,
    proven_at,
    registry_at,
    trust_options,
)
from waypost.cli.registry.desk import Desk, read_options
from waypost.cli.registry.server import parse_servers
from waypost.config import PROOF_SIZE_MAX_B
from waypost.errors import ConfigError, WaypostError
from waypost.net.trust.registry import Registry
from waypost.net.trust.state_roots import parse_hash
from waypost.trust.administration.deployment import registry_code_hash
from waypost.trust.policy import RegistryId, TrustPolicy
from waypost.trust.proofs.document import ProofDocument
from waypost.trust.proofs.offline import judge_offline
from waypost.trust.state_roots import StateRoots
from waypost.trust.verdict import Outcome, Verdict


@click.command(short_help="Verify servers by a node or, offline, by a proof.")
@kept_rpc_option
@address_option
@chain_id_option
@kind_option
@trust_options
@proof_options
@click.option(
    "--proof", "proof_path", type=FILE, help="Ask no node: judge by this file of `prove`."
)
@click.option(
    "--header", "header_hash", metavar="HASH", help="The hash of a block that you trust."
)
@json_option
@click.argument("servers", nargs=-1, metavar="[ENR|NODE_ID]...")
def verify(
    rpc: tuple[str, ...],
    address: str | None,
    chain_id: int | None,
    kind: str,
    trust: TrustPolicy,
    roots: StateRoots | None,
    proof_path: Path | None,
    header_hash: str | None,
    as_json: bool,
    servers: tuple[str, ...],
) -> None:
    """Verify servers in one batched read. Status 1 unless every one of them is trusted.

    Whom to trust is said by --trust, or by the policy that `waypost trust` keeps. With --proof no
    node is asked: the file has to prove its servers against the block --header, and that block has
    to be on the chain. Chain, registry and kind are what you say, not what the file says.
    """
    if bool(proof_path) != bool(header_hash):
        raise ConfigError("a --proof is checked against a block that you trust: give its --header")
    if proof_path and header_hash:
        if rpc or roots:
            raise ConfigError("--proof asks no node: leave out --rpc and --state-root")
        verdicts = _offline(
            proof_path, trust, chosen(trust, address, chain_id), kind, parse_hash(header_hash)
        )
        verdicts = _among(verdicts, parse_servers(servers) if servers else [])
        for verdict in verdicts:
            emit(as_json, *_verdict(verdict))
    else:
        node_ids = parse_servers(servers)
        at = proven_at(trust, registry_at(trust, rpc, address, chain_id), roots)
        verdicts = _online(Desk(at, as_json), kind, node_ids, trust)
    _conclude(verdicts)


@click.command(short_help="Write a proof that needs no node to be checked.")
@read_options
@kind_option
@click.option(
    "--provider",
    "provider_ids",
    multiple=True,
    type=PROVIDER_ID,
    metavar="ID",
    help="Prove this provider, too; repeat for more.  [default: those of the servers]",
)
@click.option("--out", "path", required=True, type=FILE, help="The file to write.")
@click.argument("servers", nargs=-1, required=True, metavar="ENR|NODE_ID...")
def prove(
    desk: Desk, kind: str, provider_ids: tuple[int, ...], path: Path, servers: tuple[str, ...]
) -> None:
    """Write what the registry says of servers, with proof, to a file.

    Whoever trusts the block that is told can check it with `waypost registry verify --proof`.
    """
    node_ids = parse_servers(servers)

    async def ask(registry: Registry) -> list[Said]:
        note(f"proving what the registry says of {counted(len(node_ids), 'server')}")
        document = await registry.prove(kind, node_ids, provider_ids or None)
        size_b = _write(path, document.to_json())
        data = {
            "proof": str(path),
            "bytes": size_b,
            "servers": len(document.node_ids),
            "providers": list(document.provider_ids),
            "chain_id": document.chain_id,
            "block": document.header.number,
            "header": f"0x{document.header.hash.hex()}",
        }
        return [Said(data, columns(data.items()))]

    desk.ask(ask)


def _online(desk: Desk, kind: str, node_ids: list[bytes], trust: TrustPolicy) -> list[Verdict]:
    verdicts: list[Verdict] = []

    async def ask(registry: Registry) -> list[Said]:
        verdicts.extend(await registry.verify(kind, node_ids, trust))
        return [_verdict(verdict) for verdict in verdicts]

    desk.ask(ask)
    return verdicts


def _offline(
    path: Path, trust: TrustPolicy, registry: RegistryId, kind: str, header_hash: bytes
) -> list[Verdict]:
    return judge_offline(
        ProofDocument.from_json(read_file(path, PROOF_SIZE_MAX_B)),
        trust,
        header_hash=header_hash,
        registry=registry,
        kind=kind,
        code_hash=registry_code_hash(),
    )


def _among(verdicts: list[Verdict], node_ids: list[bytes]) -> list[Verdict]:
    """The verdicts on these servers, or on all if none is named. Raises ConfigError."""
    if not node_ids:
        return verdicts
    by_id = {verdict.node_id: verdict for verdict in verdicts}
    for node_id in node_ids:
        if node_id not in by_id:
            raise ConfigError(f"the proof is not about server {node_id.hex()}")
    return [by_id[node_id] for node_id in node_ids]


def _write(path: Path, text: str) -> int:
    data = text.encode()
    if len(data) > PROOF_SIZE_MAX_B:
        raise ConfigError(f"a proof has at most {PROOF_SIZE_MAX_B} bytes: prove fewer servers")
    try:
        path.write_bytes(data)
    except OSError as error:
        raise ConfigError(f"cannot write the proof {path}: {error.strerror}") from None
    return len(data)


def _conclude(verdicts: list[Verdict]) -> None:
    """Raises WaypostError unless every server is trusted."""
    unknown = [verdict for verdict in verdicts if verdict.outcome is Outcome.UNKNOWN]
    if unknown:
        few = f"{len(unknown)} of {len(verdicts)} servers could not be verified"
        raise WaypostError(f"{few}: {unknown[0].why}")
    untrusted = sum(not verdict.trusted for verdict in verdicts)
    if untrusted:
        raise WaypostError(f"{untrusted} of {len(verdicts)} servers are not to be trusted")


def _verdict(verdict: Verdict) -> Said:
    data = {
        "node_id": verdict.node_id.hex(),
        "verdict": verdict.outcome.value,
        "why": verdict.why or None,
        "provider": verdict.provider_id,
        "block": verdict.block.number if verdict.block else None,
        "source": verdict.source.value,
    }
    return Said(data, columns(data.items()))
