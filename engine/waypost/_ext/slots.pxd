"""Where the registry keeps its words: the storage slots of `contracts/src/Slots.sol`."""
