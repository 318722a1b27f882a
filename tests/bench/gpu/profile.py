"""GPU time by kernel of one step_bench case, by Nsight Compute: the share of each, the sum against the wall time of a step.
usage: profile.py '{"layers":4,"steps":2,...}' [ROWS]      (needs ncu; a step runs slower under it, its kernels do not)
What it sees are the steps after the first, or the last answer."""
import collections, csv, io, json, re, subprocess, sys
case, rows = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 40
log = subprocess.run(["ncu", "--csv", "--metrics", "gpu__time_duration.sum", "--clock-control", "none", "--profile-from-start", "off", "build-worker/bin/step_bench", case],
                     capture_output=True, text=True).stdout
start = log.index('"ID"')
time, count = collections.Counter(), collections.Counter()
for row in csv.DictReader(io.StringIO(log[start:])):
    unit = {"ns": 1e-3, "us": 1.0, "ms": 1e3, "usecond": 1.0, "nsecond": 1e-3}.get(row["Metric Unit"], 1e-3)
    name = re.sub(r"<.*", "", row["Kernel Name"].replace("void ", ""))[:40] + " | " + re.sub(r".*?(\w+Functor|\w+_kernel_cuda|\w+kernel_impl|direct_copy|bfloat16_copy|AddFunctor|MulFunctor).*", r"\1", row["Kernel Name"])[:50]
    time[name] += float(row["Metric Value"].replace(",", "")) * unit
    count[name] += 1
total = sum(time.values())
print("%d kernels, %.2f ms in all" % (sum(count.values()), total / 1000))
for name, t in time.most_common(rows): print("%6.2f %%  %9.1f us  %5d x  %7.1f us each  %s" % (100 * t / total, t, count[name], t / count[name], name))
