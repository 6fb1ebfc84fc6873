"""The XOR metric for Python callers; compiled ones inline it from the header."""
from waypost.errors import ConfigError


cdef const uint8_t* id_bytes(bytes node_id) except NULL:
    if node_id is None or len(node_id) != 32:
        raise ConfigError("a node id is 32 bytes")
    return <const uint8_t*><const char*>node_id


def logdistance(bytes a, bytes b):
    return log_distance(id_bytes(a), id_bytes(b))


def closer(bytes target, bytes a, bytes b):
    return is_closer(id_bytes(target), id_bytes(a), id_bytes(b))
