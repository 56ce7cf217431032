"""What the ripser library takes, for observers.rs, which starts this.

Says "ready", then reads lines: a cloud as JSON, or "again", which is answered with the nanoseconds of one computation and
the number of bars of degree 1 that are longer than rounding.
"""

import json
import sys
import time
import warnings

try:
    import numpy
    from ripser import ripser
except ImportError:
    print("missing", flush=True)
    sys.exit()

warnings.simplefilter("ignore")
print("ready", flush=True)
points = None
for line in sys.stdin:
    if line != "again\n":
        points = numpy.array(json.loads(line))
        continue
    start = time.perf_counter_ns()
    bars = ripser(points, maxdim=1)["dgms"][1]
    taken = time.perf_counter_ns() - start
    print(taken, int((bars[:, 1] - bars[:, 0] > 1e-6).sum()), flush=True)
