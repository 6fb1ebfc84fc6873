// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Binding, Status} from "../../src/Types.sol";
import {IRegistry} from "./IRegistry.sol";
import {Vm, vm} from "./Vm.sol";

/// Random actions of everybody on one registry, beside a plain model of what must come of them.
/// Each action first says from the model whether it is allowed; the registry must agree.
contract Actors {
    struct Server {
        bool listed;
        uint32 providerId;
        uint32 epoch;
        uint24 flags;
        uint40 expiresAt;
        uint48 nonce;
    }

    struct Provider {
        address owner;
        Status status;
        uint32 epoch;
        uint40 validUntil;
    }

    struct Limits {
        uint40 min;
        uint40 max;
    }

    uint256 public constant NODES = 4;
    uint32 private constant PROVIDERS_MAX = 4;
    bytes32[2] public kinds = [bytes32("whisper.mailserver"), "push.notify"];

    IRegistry public immutable registry;
    address private immutable admin;
    address private immutable curator;
    address private immutable guardian;

    mapping(bytes32 kind => mapping(bytes32 nodeId => Server)) public servers;
    mapping(bytes32 kind => uint256) public listed;
    mapping(bytes32 kind => uint64) public version;
    mapping(bytes32 kind => Limits) private limits;
    mapping(uint32 id => Provider) public providers;
    uint32 public providerCount = 1;
    bool public halted;
    bytes32[] private nodeIds;
    Binding[] private used; // bindings that served

    error Disagrees(string action, bool allowed);

    constructor(IRegistry registry_, address admin_, address curator_, address guardian_) {
        (registry, admin, curator, guardian) = (registry_, admin_, curator_, guardian_);
        providers[1] = Provider(registry_.provider(1).owner, Status.Active, 1, 0);
        for (uint8 node = 0; node < NODES; ++node) {
            Vm.Wallet memory key = vm.createWallet(secret(node));
            nodeIds.push(keccak256(abi.encode(key.publicKeyX, key.publicKeyY)));
        }
    }

    // ------------------------------------------------------------------------------- providers

    function register(uint8 owner) external {
        if (providerCount == PROVIDERS_MAX) return;
        act(someone(owner), abi.encodeCall(registry.registerProvider, ("", "")), true, "register");
        providers[++providerCount] = Provider(someone(owner), Status.Pending, 1, 0);
    }

    function setStatus(uint32 id, uint8 status_) external {
        id = some(id);
        Status status = Status(status_ % 6);
        Status from = providers[id].status;
        bool allowed = from != Status.Removed && status != Status.None && status != Status.Removed
            && (status != Status.Challenged || from == Status.Active);
        bytes memory call = abi.encodeCall(registry.setProviderStatus, (id, status, ""));
        if (act(curator, call, allowed, "setStatus")) providers[id].status = status;
    }

    function activate(uint32 id) external {
        id = some(id);
        bool allowed = providers[id].status != Status.Removed;
        bytes memory call = abi.encodeCall(registry.setProviderStatus, (id, Status.Active, ""));
        if (act(curator, call, allowed, "activate")) providers[id].status = Status.Active;
    }

    function suspend(uint32 id) external {
        if (id % 3 != 0) return; // so that more goes on between suspensions
        id = some(id);
        bool allowed = providers[id].status != Status.Removed;
        bytes memory call = abi.encodeCall(registry.suspendProvider, (id, ""));
        if (act(guardian, call, allowed, "suspend")) providers[id].status = Status.Suspended;
    }

    function bumpEpoch(uint32 id, uint8 caller) external {
        id = some(id);
        address by = caller % 8 == 4 ? curator : callerOf(id, caller);
        bool allowed =
            (by == curator || by == providers[id].owner) && providers[id].status != Status.Removed;
        if (act(by, abi.encodeCall(registry.bumpEpoch, (id)), allowed, "bumpEpoch")) {
            ++providers[id].epoch;
        }
    }

    function retire(uint32 id, uint8 caller) external {
        id = some(id);
        if (id == 1 || caller % 8 != 1) return; // it is final: rare, and one provider stays
        address by = callerOf(id, caller);
        bool allowed = by == providers[id].owner && providers[id].status != Status.Removed;
        if (act(by, abi.encodeCall(registry.retireProvider, (id)), allowed, "retire")) {
            providers[id].status = Status.Removed;
            ++providers[id].epoch;
        }
    }

    function transfer(uint32 id, uint8 to) external {
        id = some(id);
        address owner = providers[id].owner;
        bool allowed = providers[id].status != Status.Removed;
        act(owner, abi.encodeCall(registry.transferProvider, (id, someone(to))), allowed, "offer");
        bytes memory call = abi.encodeCall(registry.acceptProvider, (id));
        if (act(someone(to), call, allowed, "accept")) providers[id].owner = someone(to);
    }

    function heartbeat(uint32 id, uint16 ttl, uint8 caller) external {
        id = some(id);
        address by = callerOf(id, caller);
        bool allowed = by == providers[id].owner && providers[id].status != Status.Removed;
        uint40 until = expiry(ttl);
        if (act(by, abi.encodeCall(registry.heartbeat, (id, until)), allowed, "heartbeat")) {
            providers[id].validUntil = until;
        }
    }

    function halt(uint8 seed) external {
        halted = seed % 4 == 0;
        bytes memory call = abi.encodeCall(registry.setHalted, (halted));
        act(halted ? guardian : admin, call, true, "halt");
    }

    /// Limits a kind's lifetimes, to a range that some of the actors' lifetimes fit, or not at all.
    function limit(uint8 kind_, uint16 min, uint16 max) external {
        if (min % 4 != 0) (min, max) = (0, 0);
        bytes32 kind = kinds[kind_ % 4 / 3];
        (min, max) = (min % 3000, max % 8000);
        bool allowed = max == 0 || min <= max;
        if (act(curator, abi.encodeCall(registry.setKind, (kind, min, max, 0)), allowed, "limit"))
        {
            limits[kind] = Limits(min, max);
            ++version[kind];
        }
    }

    // --------------------------------------------------------------------------------- servers

    function add(uint32 id, uint8 kind_, uint8 node, uint24 flags, uint16 ttl, uint8 caller)
        external
    {
        id = some(id);
        Binding memory binding = bind(id, kinds[kind_ % 4 / 3], node, flags, expiry(ttl));
        Server memory old = servers[binding.kind][idOf(node)];
        bool live = old.listed && old.epoch == providers[old.providerId].epoch;
        address by = callerOf(id, caller);
        bool allowed = mayList(id, by) && !live && fits(binding.kind, binding.expiresAt);
        if (act(by, abi.encodeCall(registry.addResource, (id, binding)), allowed, "add")) {
            record(id, node, binding);
        }
    }

    function move(uint32 id, uint8 kind_, uint8 node, uint24 flags, uint16 ttl, uint8 caller)
        external
    {
        id = some(id);
        Binding memory binding = bind(id, kinds[kind_ % 4 / 3], node, flags, expiry(ttl));
        address by = callerOf(id, caller);
        bool allowed = mayList(id, by) && servers[binding.kind][idOf(node)].listed
            && fits(binding.kind, binding.expiresAt);
        if (act(by, abi.encodeCall(registry.moveResource, (id, binding)), allowed, "move")) {
            record(id, node, binding);
        }
    }

    /// A binding that served once never serves again, whoever its provider is now.
    function replay(uint256 seed, uint32 id) external {
        if (used.length == 0) return;
        Binding memory binding = used[seed % used.length];
        id = some(id);
        address by = providers[id].owner;
        act(by, abi.encodeCall(registry.addResource, (id, binding)), false, "replay");
        act(by, abi.encodeCall(registry.moveResource, (id, binding)), false, "replay move");
    }

    function remove(uint8 kind_, uint8 node, uint8 caller) external {
        bytes32 kind = kinds[kind_ % 4 / 3];
        Server storage server = servers[kind][idOf(node)];
        address by = callerOf(server.providerId, caller);
        bool allowed = server.listed && by == providers[server.providerId].owner;
        bytes memory call = abi.encodeCall(registry.removeResources, (kind, batch(node)));
        if (act(by, call, allowed, "remove")) unlist(kind, server, server.nonce);
    }

    /// Two servers in one batch: of one provider or not, perhaps the same one twice.
    function removeTwo(uint8 kind_, uint8 a, uint8 b) external {
        bytes32 kind = kinds[kind_ % 4 / 3];
        Server storage first = servers[kind][idOf(a)];
        Server storage second = servers[kind][idOf(b)];
        address by = providers[first.providerId].owner;
        bool allowed = first.listed && second.listed && idOf(a) != idOf(b)
            && by == providers[second.providerId].owner;
        bytes32[] memory both = new bytes32[](2);
        (both[0], both[1]) = (idOf(a), idOf(b));
        bytes memory call = abi.encodeCall(registry.removeResources, (kind, both));
        if (!act(by, call, allowed, "removeTwo")) return;
        unlist(kind, first, first.nonce);
        unlist(kind, second, second.nonce);
        --version[kind]; // one batch is one change
    }

    function release(uint8 kind_, uint8 node) external {
        bytes32 kind = kinds[kind_ % 4 / 3];
        Server storage server = servers[kind][idOf(node)];
        bytes32 digest = registry.releaseDigest(kind, idOf(node), block.timestamp);
        bytes memory call = abi.encodeCall(
            registry.releaseBySig, (kind, idOf(node), block.timestamp, sign(node, digest))
        );
        if (act(address(0x5714), call, server.listed, "release")) {
            unlist(kind, server, server.nonce + 1);
        }
    }

    function renew(uint8 kind_, uint8 node, uint16 ttl, uint8 caller) external {
        bytes32 kind = kinds[kind_ % 4 / 3];
        Server storage server = servers[kind][idOf(node)];
        address by = callerOf(server.providerId, caller);
        uint40 until = expiry(ttl);
        bool allowed =
            server.listed && by == providers[server.providerId].owner && fits(kind, until);
        if (act(by, abi.encodeCall(registry.renew, (kind, batch(node), until)), allowed, "renew"))
        {
            server.expiresAt = until;
            ++version[kind];
        }
    }

    function setFlags(uint8 kind_, uint8 node, uint24 flags, uint8 caller) external {
        bytes32 kind = kinds[kind_ % 4 / 3];
        Server storage server = servers[kind][idOf(node)];
        address by = callerOf(server.providerId, caller);
        bool allowed = server.listed && by == providers[server.providerId].owner;
        bytes memory call = abi.encodeCall(registry.setResourceFlags, (kind, batch(node), flags));
        if (act(by, call, allowed, "setFlags")) {
            server.flags = flags;
            ++version[kind];
        }
    }

    function wait(uint16 time_s) external {
        vm.warp(block.timestamp + time_s % 2000);
        vm.roll(block.number + 1);
    }

    // ------------------------------------------------------------------------------- the model

    /// What `isTrusted` must say to a user who trusts every provider but the last.
    function trusted(bytes32 kind, bytes32 nodeId) external view returns (bool) {
        Server memory server = servers[kind][nodeId];
        Provider memory by = providers[server.providerId];
        bool standing = by.status == Status.Active || by.status == Status.Challenged;
        bool lapsed = by.validUntil != 0 && by.validUntil <= block.timestamp;
        bool expired = server.expiresAt != 0 && server.expiresAt <= block.timestamp;
        return !halted && server.listed && standing && server.epoch == by.epoch && !lapsed
            && !expired && server.providerId != PROVIDERS_MAX;
    }

    function idOf(uint8 node) public view returns (bytes32) {
        return nodeIds[node % NODES];
    }

    function record(uint32 id, uint8 node, Binding memory binding) private {
        Server storage server = servers[binding.kind][idOf(node)];
        if (!server.listed) ++listed[binding.kind];
        server.listed = true;
        server.providerId = id;
        server.epoch = providers[id].epoch;
        server.flags = binding.flags;
        server.expiresAt = binding.expiresAt;
        ++server.nonce;
        ++version[binding.kind];
        used.push(binding);
    }

    function unlist(bytes32 kind, Server storage server, uint48 nonce) private {
        server.listed = false;
        server.nonce = nonce;
        --listed[kind];
        ++version[kind];
    }

    function mayList(uint32 id, address by) private view returns (bool) {
        Status status = providers[id].status;
        return
            by == providers[id].owner && (status == Status.Active || status == Status.Challenged);
    }

    /// Whether a lifetime from now to `until` is within the limits of its kind.
    function fits(bytes32 kind, uint40 until) private view returns (bool) {
        Limits memory limits_ = limits[kind];
        uint256 ttl = until == 0 ? type(uint40).max : until - block.timestamp;
        return ttl >= limits_.min && (limits_.max == 0 || ttl <= limits_.max);
    }

    // --------------------------------------------------------------------------------- helpers

    function act(address from, bytes memory call, bool allowed, string memory action)
        private
        returns (bool ok)
    {
        vm.prank(from);
        (ok,) = address(registry).call(call);
        if (ok != allowed) revert Disagrees(action, allowed);
    }

    function bind(uint32 id, bytes32 kind, uint8 node, uint24 flags, uint40 expiresAt)
        private
        view
        returns (Binding memory)
    {
        Vm.Wallet memory key = vm.createWallet(secret(node));
        uint256 deadline = type(uint256).max; // so that a replay never fails for its age
        bytes32 digest = registry.bindingDigest(kind, idOf(node), id, flags, deadline);
        return Binding({
            kind: kind,
            x: bytes32(key.publicKeyX),
            y: bytes32(key.publicKeyY),
            flags: flags,
            expiresAt: expiresAt,
            deadline: deadline,
            sig: sign(node, digest),
            enr: ""
        });
    }

    function sign(uint8 node, bytes32 digest) private pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(secret(node), digest);
        return abi.encodePacked(r, s, v);
    }

    function batch(uint8 node) private view returns (bytes32[] memory ids) {
        ids = new bytes32[](1);
        ids[0] = idOf(node);
    }

    function secret(uint8 node) private pure returns (uint256) {
        return 1 + node % NODES;
    }

    function some(uint32 id) private view returns (uint32) {
        return 1 + id % providerCount;
    }

    function someone(uint8 seed) private pure returns (address) {
        return address(uint160(0xA0 + seed % 3));
    }

    /// The provider's owner three times out of four, else anyone.
    function callerOf(uint32 id, uint8 seed) private view returns (address) {
        return seed % 4 == 0 ? someone(seed / 4) : providers[id].owner;
    }

    function expiry(uint16 ttl) private view returns (uint40) {
        return ttl % 3 == 0 ? 0 : uint40(block.timestamp + ttl % 10_000 + 1);
    }
}
