"""Speed of transfers beside that of sftp, both with their connecting and ours with both hashes, the flush and the rename.
Goals: 0.8 of sftp's speed on loopback, 0.6 over a link of 50 ms there and back.
With --json one line a figure: {"name","value","unit","peer","ratio","goal","ok"}, medians; sftp is the peer."""
import argparse, filecmp, json, os, shutil, statistics, subprocess, sys, tempfile, time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FIGURES = ["up_loopback", "down_loopback", "up_50ms", "down_50ms"]
arguments = argparse.ArgumentParser(description=__doc__)
arguments.add_argument("--json", action="store_true")
arguments.add_argument("--only", nargs="+", choices=FIGURES, default=FIGURES)
arguments.add_argument("--megabytes", type=int, default=300)
arguments.add_argument("--rounds", type=int, default=5)
arguments.add_argument("--folder", default="/tmp", help="where the cluster and the files lie; in /dev/shm the flush, which sftp leaves out, is free")
options = arguments.parse_args()
say = lambda *words: print(*words, file=sys.stderr, flush=True)


def run(command, text=None, home=None):
    """Seconds that it took."""
    began = time.monotonic()
    done = subprocess.run(command, input=text, capture_output=True, text=True, env={**os.environ, "HOME": home or os.environ["HOME"]})
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
    return time.monotonic() - began


class Bench:
    def __init__(self, work):
        self.work, self.cluster = work, os.path.join(work, "cluster")
        self.script = os.path.join(ROOT, "tests/cluster/loopback.sh")
        started = subprocess.run([self.script, "start", self.cluster], capture_output=True, text=True, env={**os.environ, "LB_USER": "lbbench"})
        if started.returncode != 0:
            sys.exit(started.stderr)
        self.value = dict(line.split("=", 1) for line in started.stdout.splitlines() if "=" in line)
        port = int(self.value["LB_SSH_PORT"])
        self.proxy = subprocess.Popen([sys.executable, os.path.join(ROOT, "tests/bench/delay_proxy.py"), str(port), "25"], stdout=subprocess.PIPE, text=True)
        self.ports = {"loopback": port, "50ms": int(self.proxy.stdout.readline())}
        self.key = open(self.cluster + "/ssh/host_key.pub").read().split()[:2]
        os.makedirs(work + "/.ssh")
        self.known = work + "/.ssh/known_hosts"
        with open(self.known, "w") as file:
            for port in self.ports.values():
                print(f"[127.0.0.1]:{port}", *self.key, file=file)
        for link, port in self.ports.items():
            self.attune("add", link, "--host", "127.0.0.1", "--port", str(port), "--user", self.value["LB_SSH_USER"],
                        "--identity", self.value["LB_SSH_KEY"], "--no-agent")
        self.file = work + "/file"
        with open(self.file, "wb") as file:
            for _ in range(options.megabytes):
                file.write(os.urandom(1_000_000))

    def end(self):
        self.proxy.kill()
        subprocess.run([self.script, "stop", self.cluster], capture_output=True)

    def attune(self, *words):
        return run([ROOT + "/build/bin/attune", "cluster", *words, "--workspace", self.work + "/workspace", "--quiet"], home=self.work)

    def sftp(self, link, line):
        return run(["sftp", "-q", "-b", "-", "-P", str(self.ports[link]), "-i", self.value["LB_SSH_KEY"], "-o", "IdentitiesOnly=yes",
                    "-o", f"UserKnownHostsFile={self.known}", f"{self.value['LB_SSH_USER']}@127.0.0.1"], text=line + "\n")

    def measure(self, name):
        way, link = name.split("_")
        here, home = self.work + "/here", self.value["LB_HOME"]
        ours, theirs = [], []
        for turn in range(options.rounds):
            for program in ("attune", "sftp") if turn % 2 else ("sftp", "attune"):
                if way == "down":
                    shutil.copyfile(self.file, home + "/there")
                    os.chmod(home + "/there", 0o644)
                os.sync()  # ours is flushed in the end, and not what was written before
                if program == "attune":
                    ours.append(self.attune("files", link, way + "load", *((self.file, "there") if way == "up" else ("there", here))))
                else:
                    theirs.append(self.sftp(link, f"put {self.file} there" if way == "up" else f"get there {here}"))
                if not filecmp.cmp(self.file, home + "/there" if way == "up" else here, shallow=False):
                    sys.exit(f"{name}: {program} made another file of it")
                for made in (here, home + "/there"):
                    if os.path.exists(made):
                        os.remove(made)
            say(f"{name}: attune {ours[-1]:.2f} s, sftp {theirs[-1]:.2f} s")
        return options.megabytes / statistics.median(ours), options.megabytes / statistics.median(theirs)


def main():
    work = tempfile.mkdtemp(prefix="attune-transfer-", dir=options.folder)
    os.chmod(work, 0o755)
    bench = None
    try:
        bench = Bench(work)
        for name in options.only:
            speed, peer = bench.measure(name)
            goal = 0.6 if name.endswith("50ms") else 0.8
            if options.json:
                print(json.dumps({"name": name, "value": speed, "unit": "MB/s", "peer": peer, "ratio": speed / peer, "goal": goal,
                                  "ok": speed >= goal * peer}), flush=True)
            else:
                print(f"{name:14} {speed:7.1f} MB/s   sftp {peer:7.1f} MB/s   ratio {speed / peer:.2f}   goal {goal}   {speed >= goal * peer}")
    finally:
        if bench:
            bench.end()
        shutil.rmtree(work, ignore_errors=True)


main()
