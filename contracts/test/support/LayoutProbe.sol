// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Slots} from "../../src/Slots.sol";

/// Gives the registry's namespaced state a place in the compiler's layout report, which covers
/// declared variables only: tools/artifacts.js reads the members' places from here.
contract LayoutProbe {
    Slots.State internal state;
}
