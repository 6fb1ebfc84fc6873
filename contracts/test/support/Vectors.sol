// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Json} from "./Json.sol";
import {StatementVectors} from "./StatementVectors.sol";
import {VerdictVectors} from "./VerdictVectors.sol";
import {vm} from "./Vm.sol";

/// The vectors that Solidity and Python share, as the text of their files.
contract Vectors is StatementVectors, VerdictVectors {
    using Json for string;

    string public constant WORDS = "../tests/vectors/trust/words.json";
    string public constant VERDICTS = "../tests/vectors/trust/verdicts.json";

    function words() external returns (string memory) {
        vm.warp(NOW);
        string memory book = string("").add("source", string("contracts/test/support"));
        book = book.raw("namespace", namespace()).raw("registry_words", registryWords());
        book = book.raw("provider_words", providerWords()).raw("kind_words", kindWords());
        book = book.raw("resource_words", resourceWords()).raw("bindings", bindings());
        return string.concat(Json.object(book.raw("releases", releases())), "\n");
    }

    function verdicts() external returns (string memory) {
        string memory book = string("").add("source", string("contracts/test/support"));
        return string.concat(Json.object(book.raw("cases", cases())), "\n");
    }
}
