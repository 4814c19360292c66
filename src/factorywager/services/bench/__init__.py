"""Measuring: what `factorywager bench` and the project's own `benchmarks/` have in common.

measure.py   a case, the rounds that all cases run in by turns, the statistics
worker.py    cases that live in another process, measured there and asked for line by line
corner.py    the throw-away service with its made-up values
library.py   this library's cases
beside.py    what it is compared with: the environment, a .env file, the daemon's floor, other programs
goals.py     a ratio of two figures, and whether it is what was aimed at
report.py    the document, the table and what the figures mean
chart.py     the picture, as SVG and in a terminal
"""
