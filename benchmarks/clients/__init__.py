"""Real call programs as receivers: none of what they play was in any training.

``rtp`` sends speech as calls do, ``placing`` finds in a recording where each packet was played and so where the dropped ones
are missing, ``record`` makes a set of calls with truth; each program has a file of its own. ``python -m benchmarks.clients``
scores the sets.
"""
