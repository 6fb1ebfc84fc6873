"""Verdicts on servers and what they are made of."""

from waypost._ext.verdict import Block, Outcome, Reason, Source, Verdict, judge_words

__all__ = ["Block", "Outcome", "Reason", "Source", "Verdict", "judge_words"]
