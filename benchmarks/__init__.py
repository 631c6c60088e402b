"""The accuracy benchmark: speech by package name, damage with exact truth, hard negatives, and their tables."""
