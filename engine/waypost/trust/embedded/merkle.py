"""Merkle-Patricia tries (Yellow Paper, appendix D) whose old versions stay readable.

A trie is its root node, or None if it is empty. Nodes never change: `put` and `drop` return
another root that shares what stayed the same, so an old version costs what changed since, and is
freed when nobody holds it. A node is encoded once, when its hash is first asked for.

Paths are the hexadecimal digits of a key. All keys of a trie are of one length, so that a branch
holds no value.
"""

from functools import cached_property
from typing import TypeAlias

from waypost._ext.digest import keccak256
from waypost._ext.rlp import encode, encode_list

_NOTHING = encode(b"")
EMPTY_ROOT = keccak256(_NOTHING)


class _Encoded:
    @cached_property
    def rlp(self) -> bytes:
        return self._rlp()

    @cached_property
    def reference(self) -> bytes:
        """What stands for this node in its parent: its hash, or itself if it is shorter."""
        return self.rlp if len(self.rlp) < 32 else encode(keccak256(self.rlp))

    def _rlp(self) -> bytes:
        raise NotImplementedError


class Leaf(_Encoded):
    def __init__(self, path: str, value: bytes) -> None:
        self.path = path
        self.value = value

    def _rlp(self) -> bytes:
        return encode([_hex_prefix(self.path, 2), self.value])


class Extension(_Encoded):
    def __init__(self, path: str, child: "Branch") -> None:
        self.path = path
        self.child = child

    def _rlp(self) -> bytes:
        return encode_list(encode(_hex_prefix(self.path, 0)) + self.child.reference)


class Branch(_Encoded):
    def __init__(self, children: "list[Node | None]") -> None:
        self.children = children

    def _rlp(self) -> bytes:
        parts = [child.reference if child else _NOTHING for child in self.children]
        return encode_list(b"".join(parts) + _NOTHING)

    def replaced(self, index: int, child: "Node | None") -> "Branch":
        children = self.children.copy()
        children[index] = child
        return Branch(children)


Node: TypeAlias = Leaf | Extension | Branch
Trie: TypeAlias = Node | None


def put(node: Trie, path: str, value: bytes) -> Node:
    """The trie in which this path leads to this value."""
    if node is None:
        return Leaf(path, value)
    if isinstance(node, Branch):
        index = int(path[0], 16)
        return node.replaced(index, put(node.children[index], path[1:], value))
    shared = _shared(node.path, path)
    if shared == len(path):
        return Leaf(path, value)
    if isinstance(node, Extension) and shared == len(node.path):
        return _after(node.path, put(node.child, path[shared:], value))
    rest = node.path[shared + 1 :]
    children: list[Node | None] = [None] * 16
    children[int(node.path[shared], 16)] = (
        Leaf(rest, node.value) if isinstance(node, Leaf) else _after(rest, node.child)
    )
    children[int(path[shared], 16)] = Leaf(path[shared + 1 :], value)
    return _after(path[:shared], Branch(children))


def drop(node: Trie, path: str) -> Trie:
    """The trie in which this path leads nowhere."""
    if isinstance(node, Leaf):
        return None if node.path == path else node
    if isinstance(node, Extension) and path.startswith(node.path):
        child = drop(node.child, path[len(node.path) :])
        assert child is not None  # a branch has two children or more
        return node if child is node.child else _after(node.path, child)
    if isinstance(node, Branch):
        index = int(path[0], 16)
        child = drop(node.children[index], path[1:])
        if child is node.children[index]:
            return node
        branch = node.replaced(index, child)
        left = [(digit, child) for digit, child in enumerate(branch.children) if child]
        return branch if len(left) > 1 else _after(f"{left[0][0]:x}", left[0][1])
    return node


def get(node: Trie, path: str) -> bytes | None:
    """The value to which this path leads."""
    steps = walk(node, path)
    if steps and isinstance(last := steps[-1], Leaf) and path.endswith(last.path):
        return last.value
    return None


def walk(node: Trie, path: str) -> list[Node]:
    """The nodes on the way along this path, until it ends or leaves the trie.

    The last one is a leaf whose path is what remains if, and only if, the trie has the path.
    """
    nodes: list[Node] = []
    while node is not None:
        nodes.append(node)
        if isinstance(node, Branch):
            node, path = node.children[int(path[0], 16)], path[1:]
        elif isinstance(node, Extension) and path.startswith(node.path):
            path = path[len(node.path) :]
            node = node.child
        else:
            break
    return nodes


def prove(node: Trie, path: str) -> list[bytes]:
    """The nodes that prove what this path leads to, root first (EIP-1186).

    A node of less than 32 bytes is inside the one before it, unless it is the root.
    """
    return [step.rlp for step in walk(node, path) if step is node or len(step.rlp) >= 32]


def root_hash(node: Trie) -> bytes:
    return keccak256(node.rlp) if node else EMPTY_ROOT


def _shared(one: str, other: str) -> int:
    """How many digits two paths have in common."""
    size = min(len(one), len(other))
    return next((at for at in range(size) if one[at] != other[at]), size)


def _after(path: str, node: Node) -> Node:
    """The node to which this path leads, in front of another one."""
    if not path:
        return node
    if isinstance(node, Leaf):
        return Leaf(path + node.path, node.value)
    if isinstance(node, Extension):
        return Extension(path + node.path, node.child)
    return Extension(path, node)


def _hex_prefix(path: str, flag: int) -> bytes:
    """Hex-prefix encoding (Yellow Paper, appendix C); the flag of a leaf is 2."""
    is_odd = len(path) % 2
    return bytes.fromhex(f"{flag + is_odd:x}{'' if is_odd else '0'}{path}")
