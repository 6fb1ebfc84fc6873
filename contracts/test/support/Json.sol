// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {vm} from "./Vm.sol";

/// Writes JSON, one member a line, in the order given.
library Json {
    function add(string memory members, string memory name, uint256 value)
        internal
        pure
        returns (string memory)
    {
        return raw(members, name, vm.toString(value));
    }

    function add(string memory members, string memory name, bytes32 value)
        internal
        pure
        returns (string memory)
    {
        return add(members, name, vm.toString(value));
    }

    function add(string memory members, string memory name, address value)
        internal
        pure
        returns (string memory)
    {
        return add(members, name, vm.toString(abi.encodePacked(value)));
    }

    function add(string memory members, string memory name, bytes memory value)
        internal
        pure
        returns (string memory)
    {
        return add(members, name, vm.toString(value));
    }

    function add(string memory members, string memory name, bool value)
        internal
        pure
        returns (string memory)
    {
        return raw(members, name, value ? "true" : "false");
    }

    function add(string memory members, string memory name, string memory value)
        internal
        pure
        returns (string memory)
    {
        return raw(members, name, string.concat('"', value, '"'));
    }

    function raw(string memory members, string memory name, string memory json)
        internal
        pure
        returns (string memory)
    {
        string memory sep = bytes(members).length == 0 ? "" : ",\n";
        return string.concat(members, sep, '"', name, '": ', json);
    }

    function object(string memory members) internal pure returns (string memory) {
        return string.concat("{\n", members, "\n}");
    }

    function list(string[] memory items) internal pure returns (string memory json) {
        json = "[";
        for (uint256 i = 0; i < items.length; ++i) {
            json = string.concat(json, i == 0 ? "" : ",\n", items[i]);
        }
        json = string.concat(json, "]");
    }
}
