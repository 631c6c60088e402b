"""Fitted models as JSON, made by ``benchmarks/fit_*.py`` from the tuning voices; read by :mod:`callqual.detect.trees`."""
