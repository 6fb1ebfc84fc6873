"""The signatures of node keys that a verb needs: made here by key files, or read from consents."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Self

import click

from waypost._ext.record import ENR
from waypost.cli.files import read_text
from waypost.cli.options import FILE
from waypost.cli.passwords import load_key
from waypost.errors import ConfigError
from waypost.net.trust.registry import Registry
from waypost.trust.administration.binding import Binding, SignedRelease
from waypost.trust.administration.consent_file import read_consents

consent_option = click.option(
    "--consent",
    "consent_paths",
    multiple=True,
    type=FILE,
    help="Consents of node keys, from `waypost registry sign`; repeat for more.",
)


class Signatures:
    """Whoever of these servers signs here, and who has signed elsewhere."""

    def __init__(
        self,
        kind: str,
        key_paths: Sequence[Path],
        consent_paths: Sequence[Path],
        password_path: Path | None,
    ) -> None:
        if not key_paths and not consent_paths:
            raise click.UsageError("give the servers' key files, or consents with --consent")
        self._kind = kind
        self._consents = [
            consent
            for path in consent_paths
            for consent in read_consents(read_text(path), str(path))
        ]
        for consent in self._consents:
            if consent.statement.kind != kind:
                raise ConfigError(
                    f"node {consent.statement.node_id.hex()} consents for another kind, "
                    f"{consent.statement.kind}"
                )
        self._stack = ExitStack()
        with self._stack:
            self._keys = [
                self._stack.enter_context(load_key(path, password_path)) for path in key_paths
            ]
            self._stack = self._stack.pop_all()

    @property
    def node_ids(self) -> list[bytes]:
        """The servers, those with key files first."""
        return [key.node_id for key in self._keys] + [
            consent.statement.node_id for consent in self._consents
        ]

    def require(self, node_ids: Iterable[bytes]) -> None:
        """Raises ConfigError for a server that has not signed."""
        signed = set(self.node_ids)
        for node_id in node_ids:
            if node_id not in signed:
                raise ConfigError(
                    f"node {node_id.hex()} has not signed: give its key file, or a consent made "
                    "with `waypost registry sign` where its key is"
                )

    async def bindings(
        self,
        registry: Registry,
        provider_id: int,
        flags: int,
        expires_at: int,
        records: Mapping[bytes, ENR],
    ) -> list[Binding]:
        """What lists or moves the servers."""
        await self._require_fit(registry, provider_id)
        here = await registry.consents(
            self._kind, [key.node_id for key in self._keys], provider_id, flags=flags
        )
        made = []
        for key, consent in zip(self._keys, here, strict=True):
            record = records.get(key.node_id)
            made.append(consent.signed_by(key, expires_at, record.raw if record else b""))
        return made + [
            signed.binding(expires_at, records.get(signed.statement.node_id))
            for signed in self._consents
        ]

    async def releases(self, registry: Registry) -> list[SignedRelease]:
        """What takes the servers off the list."""
        await self._require_fit(registry)
        here = await registry.releases(self._kind, [key.node_id for key in self._keys])
        made = [release.signed_by(key) for key, release in zip(self._keys, here, strict=True)]
        return made + [signed.release() for signed in self._consents]

    async def _require_fit(self, registry: Registry, provider_id: int | None = None) -> None:
        """Raises ConfigError for a consent to something else, before anything is paid for."""
        chain_id = (await registry.overview()).chain_id
        for signed in self._consents:
            statement = signed.statement
            what = f"node {statement.node_id.hex()} consents "
            if statement.registry != registry.address:
                raise ConfigError(f"{what}for another registry: sign anew with --registry")
            if statement.chain_id != chain_id:
                raise ConfigError(f"{what}for another chain, {statement.chain_id}: sign anew")
            if provider_id not in (None, statement.provider_id):
                other = f"for another provider, {statement.provider_id}"
                raise ConfigError(f"{what}{other}: sign anew with --provider {provider_id}")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_failure: object) -> None:
        self._stack.close()
