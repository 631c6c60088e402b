"""The simulator: speech in, damaged speech and the exact truth of its damage out."""
