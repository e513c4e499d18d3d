import sys
from . import report, sample
r = report.Report(); sample.check(r); sys.exit(r.end())
