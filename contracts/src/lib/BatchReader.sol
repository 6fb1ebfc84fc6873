// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// Multicall3's `aggregate3`, for calls that only read: its types and its selector.
interface IBatchReader {
    struct Call3 {
        address target;
        bool allowFailure; // taken as true
        bytes callData;
    }

    struct Result {
        bool success;
        bytes returnData;
    }

    function aggregate3(Call3[] calldata calls) external view returns (Result[] memory);
}

/// Never deployed: a client lends this code to an account for the length of one `eth_call` (a
/// state override), where Multicall3 is missing.
contract BatchReader is IBatchReader {
    /// One result for each call. Each gets an equal share of the gas that is left, so one that
    /// wastes its own does not fail the others.
    function aggregate3(Call3[] calldata calls) external view returns (Result[] memory results) {
        results = new Result[](calls.length);
        for (uint256 i = 0; i < calls.length; ++i) {
            uint256 share = gasleft() / (calls.length - i + 1);
            (results[i].success, results[i].returnData) =
                calls[i].target.staticcall{gas: share}(calls[i].callData);
        }
    }
}
