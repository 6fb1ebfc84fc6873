// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Vectors} from "./support/Vectors.sol";
import {vm} from "./support/Vm.sol";

/// The committed vectors are what the contract makes of them today.
contract VectorsTest {
    Vectors private vectors = new Vectors();

    function testWords() public {
        same(vm.readFile(vectors.WORDS()), vectors.words());
    }

    function testVerdicts() public {
        same(vm.readFile(vectors.VERDICTS()), vectors.verdicts());
    }

    error Stale(string advice);

    function same(string memory committed, string memory made) private pure {
        if (keccak256(bytes(committed)) != keccak256(bytes(made))) {
            revert Stale("run `npm run vectors` in contracts/ and look at what changed");
        }
    }
}
