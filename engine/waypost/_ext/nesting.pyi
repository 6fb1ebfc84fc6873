def is_deeper(data: bytes, depth_max: int) -> bool:
    """Whether JSON in UTF-8 has more than depth_max lists and objects inside of each other.

    It need not be JSON: the answer is true for any prefix of data that a parser may read.
    """
