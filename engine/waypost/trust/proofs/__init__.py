"""Facts that no node can make up: headers, proofs of storage, proofs as files. No I/O."""
