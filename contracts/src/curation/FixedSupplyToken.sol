// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @title A plain token whose whole supply exists from the start
/// @notice For tests, demos and small communities that have no token to stake and vote with.
/// It has no owner, mints nothing more, and is worth what its holders' votes are worth to them.
contract FixedSupplyToken is ERC20 {
    /// @param supply In the smallest unit, of which a token has 10^18.
    /// @param holder Gets the whole supply.
    constructor(string memory name_, string memory symbol_, uint256 supply, address holder)
        ERC20(name_, symbol_)
    {
        _mint(holder, supply);
    }
}
