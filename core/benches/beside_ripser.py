"""What ripser takes for the clouds that `observers --write` has written to the present folder.

Needs the packages ripser and numpy. Rows are the minimum over the rounds, in nanoseconds, as in observers.rs.
"""

import glob
import json
import time
import warnings

import numpy
from ripser import ripser

ROUNDS = 9

warnings.simplefilter("ignore")
for path in sorted(glob.glob("*_*x*.json")):
    with open(path) as file:
        points = numpy.array(json.load(file))
    least = float("inf")
    for _ in range(ROUNDS):
        start = time.perf_counter_ns()
        bars = ripser(points, maxdim=1)["dgms"][1]
        least = min(least, time.perf_counter_ns() - start)
    print(f"{f'ripser, {path[:-5]}, {len(bars)} bars':<44} {least:>14} ns")
