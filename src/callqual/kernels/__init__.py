"""Numba kernels: plain loops over arrays and scalars. They know no seconds, options or strings; every threshold is an argument."""
