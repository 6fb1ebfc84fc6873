"""Trust: the registry's facts, the user's policy, and the verdicts drawn from the two. No I/O, no
clock.
"""
