// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {BatchReader, IBatchReader} from "./BatchReader.sol";

/// Never deployed: an `eth_call` that creates this contract gets the results as its "code".
contract DeploylessReader {
    constructor(IBatchReader.Call3[] memory calls) {
        bytes memory results = abi.encode(new BatchReader().aggregate3(calls));
        assembly ("memory-safe") {
            return(add(results, 0x20), mload(results))
        }
    }
}
