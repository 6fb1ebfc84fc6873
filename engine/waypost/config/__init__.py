"""Settings: frozen dataclasses, each limit named with its unit; a room of the house, a file."""

from waypost.config.archive import ArchiveConfig
from waypost.config.discv5 import (
    Discv5Config,
    LookupConfig,
    NodeConfig,
    TableConfig,
    WalkConfig,
)
from waypost.config.mail import MailClientConfig, MailServerConfig
from waypost.config.rlpx import HostConfig, RlpxConfig
from waypost.config.trust import (
    BLOCK_COUNT_MAX,
    ENDPOINT_COUNT_MAX,
    JSON_DEPTH_MAX,
    LOG_COUNT_MAX,
    PROOF_SIZE_MAX_B,
    PROVIDER_COUNT_MAX,
    STATE_COUNT_MAX,
    STORAGE_VALUE_COUNT_MAX,
    TRIE_NODE_COUNT_MAX,
    FinderConfig,
    RegistryConfig,
)
from waypost.config.whisper import PeeringConfig, RateConfig, WhisperConfig

__all__ = [
    "BLOCK_COUNT_MAX",
    "ENDPOINT_COUNT_MAX",
    "JSON_DEPTH_MAX",
    "LOG_COUNT_MAX",
    "PROOF_SIZE_MAX_B",
    "PROVIDER_COUNT_MAX",
    "STATE_COUNT_MAX",
    "STORAGE_VALUE_COUNT_MAX",
    "TRIE_NODE_COUNT_MAX",
    "ArchiveConfig",
    "Discv5Config",
    "FinderConfig",
    "HostConfig",
    "LookupConfig",
    "MailClientConfig",
    "MailServerConfig",
    "NodeConfig",
    "PeeringConfig",
    "RateConfig",
    "RegistryConfig",
    "RlpxConfig",
    "TableConfig",
    "WalkConfig",
    "WhisperConfig",
]
