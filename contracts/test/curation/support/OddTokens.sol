// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// Keeps one unit of each transfer between holders, once it is told to.
contract FeeToken is ERC20("Fee", "FEE") {
    bool public greedy;

    constructor(uint256 supply) {
        _mint(msg.sender, supply);
    }

    function begin() external {
        greedy = true;
    }

    function _update(address from, address to, uint256 value) internal override {
        super._update(from, to, value);
        if (greedy && from != address(0) && value != 0) super._update(to, address(0), 1);
    }
}

/// Calls `target` back with `call` at each transfer, and remembers what came of it.
contract ReentrantToken is ERC20("Again", "AGN") {
    address private target;
    bytes private call;
    bool public succeeded;
    bytes public answer;
    uint256 public calls;

    constructor(uint256 supply) {
        _mint(msg.sender, supply);
    }

    function arm(address target_, bytes calldata call_) external {
        (target, call, calls) = (target_, call_, 0);
    }

    function _update(address from, address to, uint256 value) internal override {
        super._update(from, to, value);
        if (target == address(0)) return;
        ++calls;
        (succeeded, answer) = target.call(call);
    }
}
