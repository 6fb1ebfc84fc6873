// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Vectors} from "../test/support/Vectors.sol";
import {vm} from "../test/support/Vm.sol";

/// Writes the shared vectors. Run by `npm run vectors`.
contract VectorsScript {
    function run() external {
        Vectors vectors = new Vectors();
        vm.writeFile(vectors.WORDS(), vectors.words());
        vm.writeFile(vectors.VERDICTS(), vectors.verdicts());
    }
}
