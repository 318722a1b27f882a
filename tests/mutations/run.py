#!/usr/bin/env python3
"""Puts one silent bug after the other into a throw-away copy of HEAD and says which test catches it.

usage: tests/mutations/run.py [ID ...]     all of mutations.json without an ID

The copy is a git worktree in build/mutations, removed at the end. Builds with ninja, and with ccache where there is one;
JOBS is the number of parallel compiles (default 1). Exit code 1 when a mutation survives, does not build or no longer
matches the source.

A mutation: id, the number of its bug, what it means, its edits as [file, old text, new text], and the program (text, core
or cli) and doctest cases that have to fail.
"""
import collections, json, os, pathlib, re, shutil, subprocess, sys, time

ROOT = pathlib.Path(__file__).resolve().parents[2]
COPY = ROOT / "build" / "mutations"
ENV = dict(os.environ, CCACHE_BASEDIR=str(COPY), CCACHE_NOHASHDIR="1")
TARGETS = {
    "text": ["bin/attune_text_tests"],
    "core": ["bin/attune_core_tests"],
    "cli": ["bin/attune", "bin/libattune-engine.so", "bin/attune_cli_tests"],
}


def call(*words, cwd=COPY, timeout=3600):
    """Exit code and output; 124 when it took too long."""
    try:
        done = subprocess.run(words, cwd=cwd, env=ENV, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=timeout)
        return done.returncode, done.stdout.decode(errors="replace")
    except subprocess.TimeoutExpired:
        return 124, ""


def must(*words, cwd=COPY):
    code, output = call(*words, cwd=cwd)
    if code:
        sys.exit(f"{' '.join(map(str, words))} failed:\n{output[-3000:]}")


def remove_copy():
    call("git", "worktree", "remove", "--force", COPY, cwd=ROOT)
    shutil.rmtree(COPY, ignore_errors=True)
    call("git", "worktree", "prune", cwd=ROOT)


def make_copy(programs):
    remove_copy()
    must("git", "worktree", "add", "--detach", COPY, "HEAD", cwd=ROOT)
    if (ROOT / ".deps").exists():
        (COPY / ".deps").symlink_to((ROOT / ".deps").resolve())
    must("cmake", "-S", ".", "-B", "build", "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release")
    must(*build_command(programs))


def build_command(programs):
    return ["ninja", "-C", "build", "-j", os.environ.get("JOBS", "1")] + [t for p in programs for t in TARGETS[p]]


def failing(program, cases):
    """Names of the test cases that fail; how the program ended when it was not orderly."""
    code, output = call(f"bin/attune_{program}_tests", "-tc=" + cases, cwd=COPY / "build", timeout=900)
    names, case = [], ""
    for line in output.splitlines():
        if line.startswith("TEST CASE:"):
            case = line[len("TEST CASE:"):].strip()
        if "ERROR:" in line and case and case not in names:
            names.append(case)
    if code not in (0, 1) or (code == 1 and not names):
        names.append(f"(ended with {code})")
    if code == 0 and not re.search(r"test cases: +[1-9]", output):
        sys.exit(f"attune_{program}_tests has no test case {cases}")
    return names


def outcome(mutation):
    """(whether a test caught it, the names of the tests or what went wrong)"""
    for file, old, new in mutation["edits"]:
        text = (COPY / file).read_text()
        if text.count(old) != 1:
            return False, f"NO MATCH: found {text.count(old)} times in {file}: {old}"
        (COPY / file).write_text(text.replace(old, new))
    code, output = call(*build_command([mutation["program"]]))
    if code:
        return False, "DOES NOT BUILD: " + next((line for line in output.splitlines() if "error" in line), output[-300:])
    names = failing(mutation["program"], mutation["cases"])
    return bool(names), "; ".join(names) or "SURVIVED"


def main():
    mutations = json.loads(pathlib.Path(__file__).with_name("mutations.json").read_text())
    wanted = sys.argv[1:] or [m["id"] for m in mutations]
    unknown = set(wanted) - {m["id"] for m in mutations}
    if unknown:
        sys.exit(f"no such mutation: {', '.join(sorted(unknown))}")
    mutations = [m for m in mutations if m["id"] in wanted]
    tried, caught, tests = collections.Counter(), collections.Counter(), collections.defaultdict(set)
    try:
        programs = sorted({m["program"] for m in mutations})
        make_copy(programs)
        for program in programs:  # a test that fails anyhow catches nothing
            names = failing(program, ",".join(sorted({m["cases"] for m in mutations if m["program"] == program})))
            if names:
                sys.exit(f"without any mutation these fail: {'; '.join(names)}")
        for mutation in mutations:
            begin, bug = time.time(), mutation["bug"]
            was_caught, text = outcome(mutation)
            must("git", "checkout", "-q", "--", ".")
            tried[bug] += 1
            caught[bug] += was_caught
            tests[bug].update(text.split("; ") if was_caught else [])
            print(f"{mutation['id']:4} {mutation['means']} -> {text}  [{time.time() - begin:.0f} s]", flush=True)
    finally:
        remove_copy()
    print("\nbug  tried  caught  by")
    for bug in sorted(tried):
        print(f"{bug:3}  {tried[bug]:5}  {caught[bug]:6}  {'; '.join(sorted(tests[bug]))}")
    return 0 if caught == tried else 1


if __name__ == "__main__":
    sys.exit(main())
