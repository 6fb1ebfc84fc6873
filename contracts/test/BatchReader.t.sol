// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {BatchReader, IBatchReader} from "../src/lib/BatchReader.sol";
import {DeploylessReader} from "../src/lib/DeploylessReader.sol";

contract Callee {
    uint256 private written;

    function twice(uint256 value) external pure returns (uint256) {
        return 2 * value;
    }

    function waste() external pure {
        while (true) {}
    }

    function write() external {
        written = 1;
    }
}

contract BatchReaderTest {
    Callee private immutable CALLEE = new Callee();

    function testEachCallFailsAlone() public {
        _check(new BatchReader().aggregate3(_calls()));
    }

    function testDeploylessReturnsTheSame() public {
        _check(abi.decode(address(new DeploylessReader(_calls())).code, (IBatchReader.Result[])));
    }

    function _calls() private view returns (IBatchReader.Call3[] memory calls) {
        calls = new IBatchReader.Call3[](5);
        calls[0] = _call(address(CALLEE), abi.encodeCall(Callee.waste, ()));
        calls[1] = _call(address(CALLEE), abi.encodeCall(Callee.twice, (21)));
        calls[2] = _call(address(CALLEE), abi.encodeCall(Callee.twice, (type(uint256).max)));
        calls[3] = _call(address(1234), hex"");
        calls[4] = _call(address(CALLEE), abi.encodeCall(Callee.write, ()));
    }

    function _call(address target, bytes memory data)
        private
        pure
        returns (IBatchReader.Call3 memory)
    {
        return IBatchReader.Call3({target: target, allowFailure: true, callData: data});
    }

    function _check(IBatchReader.Result[] memory results) private pure {
        require(results.length == 5);
        require(!results[0].success && results[0].returnData.length == 0);
        require(results[1].success && abi.decode(results[1].returnData, (uint256)) == 42);
        require(!results[2].success && bytes4(results[2].returnData) == 0x4e487b71); // Panic
        require(results[3].success && results[3].returnData.length == 0);
        require(!results[4].success); // it would write
    }
}
