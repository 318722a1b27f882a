#!/usr/bin/env python3
"""Forecast beside measured peak: each cell of a cases file in a process of its own, one table and a picture.

forecast_cells.py measure CASES.jsonl OUT.jsonl   runs step_bench on each case that OUT does not hold yet, appends its line
forecast_cells.py table OUT.jsonl... [--md F] [--svg F]   forecasts as the program makes them now, beside what was measured
forecast_cells.py hold OUT.jsonl [--every N]   runs a card's cells again under the least cap that fits by their forecast: none may run out
Cells of a card and of a CPU differ by their key "device"; --bench names another step_bench (build-worker/bin/step_bench).
"""
import argparse
import json
import math
import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CASE_KEYS = ["device", "shape", "layers", "vocab", "method", "freeze_layers", "quantization", "quantize_embeddings", "precision", "checkpointing", "offload",
             "optimizer", "rank", "batch", "seq", "pack", "accumulation", "threads", "cap_gib"]
COLOURS = {"lora": "#2563eb", "nf4": "#7c3aed", "int8": "#0891b2", "freeze": "#ca8a04", "full": "#dc2626"}


def lines(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip() and not line.startswith("#")]


def case_of(line):
    return {key: line[key] for key in CASE_KEYS + ["steps"] if key in line}


def kind_of(line):
    quantised = line.get("quantization", "none")
    return quantised if quantised != "none" else line.get("method", "lora")


def name_of(line):
    parts = [line.get("shape", "7b"), kind_of(line), f"{line.get('seq', 512)}×{line.get('batch', 4)}", line.get("precision", "bf16"),
             line.get("checkpointing", "none")]
    parts += ["embedding in int8"] if line.get("quantize_embeddings") else []
    parts += [f"{line['layers']} layers"] if "layers" in line else []
    parts += [f"packed by {line['pack']}"] if line.get("pack", 1) > 1 else []
    parts += [f"accumulation {line['accumulation']}"] if line.get("accumulation", 1) > 1 else []
    parts += ["offload " + "+".join(line["offload"])] if line.get("offload") else []
    parts += [line["optimizer"]] if line.get("optimizer", "adamw") != "adamw" else []
    return ", ".join(parts)


def run(bench, case, timeout):
    patient = {"GOMP_SPINCOUNT": "10000", "PYTORCH_CUDA_ALLOC_CONF": "expandable_segments:True", **os.environ}  # as the program itself sets it
    try:
        done = subprocess.run([bench, json.dumps(case)], capture_output=True, text=True, timeout=timeout, check=False, env=patient)
    except subprocess.TimeoutExpired:
        return None, "timed out"
    try:
        return json.loads(done.stdout.strip().splitlines()[-1]), done.stderr
    except (IndexError, ValueError):
        return None, done.stderr or f"exit code {done.returncode}"


def measure(options):
    known = [json.dumps(case_of(line), sort_keys=True) for line in lines(options.out)] if os.path.exists(options.out) else []
    for case in lines(options.cases):
        if json.dumps(case_of(case), sort_keys=True) in known:
            continue
        line, problem = run(options.bench, case, options.timeout)
        if not line or "error" in line:
            print("failed:", name_of(case), problem if not line else line["error"], file=sys.stderr)
            continue
        line.pop("items", None)
        with open(options.out, "a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
        print(f"{name_of(case)}: {line['peak_bytes'] / line['forecast_bytes']:.3f} of the forecast", flush=True)
    return 0


def forecast(bench, line, context):
    """The line with what the program forecasts now for its case; `context`: measured once on that device."""
    case = dict(case_of(line), forecast_only=True, context_bytes=context)
    if line.get("sliced_attention"):
        case["sliced_attention"] = True
    if "rates" in line:
        case["rates"] = line["rates"]
    case.setdefault("threads", 2)
    made, problem = run(bench, case, 60)
    if not made or "error" in made:
        raise SystemExit(f"no forecast for {name_of(line)}: {problem if not made else made['error']}")
    return {**line, **{key: made[key] for key in made if key.startswith("forecast_") and key != "forecast_only"}}


def cells_of(options):
    measured = [line for path in options.lines for line in lines(path)]
    contexts = {}
    for line in measured:
        contexts[line["device_name"]] = max(contexts.get(line["device_name"], 0), line.get("base_context_bytes", line.get("context_bytes", 0)))
    return [forecast(options.bench, line, contexts[line["device_name"]]) for line in measured]


def hold(options):
    """A forecast that says "fits" must not run out: the cap, held by ballast, is the least memory of which the plan says so."""
    ran_out = 0
    cells = [cell for cell in cells_of(options) if cell["device"] != "cpu"][::options.every]
    for cell in cells:
        line, problem = run(options.bench, dict(case_of(cell), steps=3, cap_gib=cell["forecast_cap_bytes"] / 2**30), options.timeout)
        failed = not line or "error" in line
        ran_out += failed
        print(f"{name_of(cell)}: forecast {gib(cell['forecast_bytes'])} GiB, cap {gib(cell['forecast_cap_bytes'])}, "
              f"{(line or {}).get('error', problem) if failed else 'ran in ' + gib(line['peak_bytes'])}", flush=True)
    print(f"{ran_out} of {len(cells)} ran out where the plan says that they fit")
    return 1 if ran_out else 0


def gib(value):
    return f"{value / 2**30:.3f}"


def table(cells):
    out = []
    for device in sorted({cell.get("device_name", cell["device"]) for cell in cells}):
        mine = [cell for cell in cells if cell.get("device_name", cell["device"]) == device]
        ratios = [cell["forecast_bytes"] / cell["peak_bytes"] for cell in mine]
        out += [f"## {device}", "",
                f"{len(mine)} cells: forecast ÷ measured from {min(ratios):.3f} to {max(ratios):.3f}, "
                f"{sum(abs(r - 1) <= 0.05 for r in ratios)} within 5 %, {sum(r < 1 for r in ratios)} below what was measured "
                f"(least {min(ratios):.4f}).", "",
                "| cell | forecast GiB | measured GiB | ratio | tokens/s forecast | measured |", "|---|---|---|---|---|---|"]
        for cell, ratio in zip(mine, ratios):
            speed = cell.get("forecast_tok_s", 0)
            pace = f"{speed:.0f} | {cell['tok_s']:.0f}" if speed else "– | –"  # without rates of the device neither says anything
            out.append(f"| {name_of(cell)} | {gib(cell['forecast_bytes'])} | {gib(cell['peak_bytes'])} | {ratio:.3f} | {pace} |")
        speeds = [cell["forecast_tok_s"] / cell["tok_s"] for cell in mine if cell.get("forecast_tok_s")]
        if speeds:
            errors = sorted(abs(math.log(s)) for s in speeds)
            out += ["", f"Tokens/s: forecast ÷ measured from {min(speeds):.2f} to {max(speeds):.2f}; half of the cells are within "
                        f"a factor of {math.exp(errors[len(errors) // 2]):.2f}, nine in ten within {math.exp(errors[len(errors) * 9 // 10]):.2f}."]
        out.append("")
    return "\n".join(out)


def picture(cells):
    """Ratio over measured peak (logarithmic), the 5 % band shaded: dots are CPU cells, squares a card's."""
    width, height, left, top, right, bottom = 760, 420, 64, 40, 130, 56
    sizes = [cell["peak_bytes"] / 2**30 for cell in cells]
    low, high = math.log10(min(sizes)) - 0.05, math.log10(max(sizes)) + 0.05
    least, most = 0.9, 1.1
    x = lambda size: left + (math.log10(size) - low) / (high - low) * (width - left - right)
    y = lambda ratio: top + (most - min(max(ratio, least), most)) / (most - least) * (height - top - bottom)
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" font-family="sans-serif" font-size="12">',
           f'<rect width="{width}" height="{height}" fill="white"/>',
           f'<text x="{left}" y="22" font-size="14">Forecast ÷ measured peak, {len(cells)} cells (band: within 5 %)</text>',
           f'<rect x="{left}" y="{y(1.05):.1f}" width="{width - left - right}" height="{y(0.95) - y(1.05):.1f}" fill="#e5f3e8"/>']
    for ratio in (0.9, 0.95, 1.0, 1.05, 1.1):
        out.append(f'<line x1="{left}" x2="{width - right}" y1="{y(ratio):.1f}" y2="{y(ratio):.1f}" stroke="{"#333" if ratio == 1 else "#ccc"}"/>'
                   f'<text x="{left - 8}" y="{y(ratio) + 4:.1f}" text-anchor="end">{ratio:.2f}</text>')
    for size in (0.25, 0.5, 1, 2, 4, 8, 16, 32, 64, 128):
        if low <= math.log10(size) <= high:
            out.append(f'<line x1="{x(size):.1f}" x2="{x(size):.1f}" y1="{height - bottom}" y2="{height - bottom + 5}" stroke="#333"/>'
                       f'<text x="{x(size):.1f}" y="{height - bottom + 20}" text-anchor="middle">{size:g}</text>')
    out.append(f'<text x="{(left + width - right) / 2}" y="{height - 14}" text-anchor="middle">measured peak, GiB</text>')
    for cell, size in zip(cells, sizes):
        colour, ratio = COLOURS[kind_of(cell)], cell["forecast_bytes"] / cell["peak_bytes"]
        shape = (f'<circle cx="{x(size):.1f}" cy="{y(ratio):.1f}" r="4"' if cell["device"] == "cpu" else
                 f'<rect x="{x(size) - 3.5:.1f}" y="{y(ratio) - 3.5:.1f}" width="7" height="7"')
        out.append(f'<g><title>{name_of(cell)}: {ratio:.3f}</title>{shape} fill="{colour}" fill-opacity="0.65"/></g>')
    legend = [(kind, COLOURS[kind], True) for kind in COLOURS] + [("CPU", "#555", True), ("card", "#555", False)]
    for i, (text, colour, dot) in enumerate(legend):
        at_y = top + 10 + 20 * i
        out.append((f'<circle cx="{width - right + 24}" cy="{at_y}" r="4" fill="{colour}"/>' if dot else
                    f'<rect x="{width - right + 20.5}" y="{at_y - 3.5}" width="7" height="7" fill="{colour}"/>') +
                   f'<text x="{width - right + 36}" y="{at_y + 4}">{text}</text>')
    return "\n".join(out + ["</svg>"]) + "\n"


def tabulate(options):
    cells = cells_of(options)
    if not cells:
        raise SystemExit("no cells")
    text = table(cells)
    print(text)
    if options.md:
        with open(options.md, "w", encoding="utf-8") as file:
            file.write("# Forecast and measured peak\n\nMade by `tests/bench/forecast_cells.py table`; measured = the process's resident peak on "
                       "a CPU, tensors' peak and context on a card.\n\n" + text)
    if options.svg:
        with open(options.svg, "w", encoding="utf-8") as file:
            file.write(picture(cells))
    ratios = [cell["forecast_bytes"] / cell["peak_bytes"] for cell in cells]
    return 0 if all(1 <= ratio <= 1.05 for ratio in ratios) else 1


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bench", default=os.path.join(ROOT, "build/bin/step_bench"))
    parser.add_argument("--timeout", type=float, default=150)
    verbs = parser.add_subparsers(dest="verb", required=True)
    one = verbs.add_parser("measure")
    one.add_argument("cases")
    one.add_argument("out")
    two = verbs.add_parser("table")
    two.add_argument("lines", nargs="+")
    two.add_argument("--md")
    two.add_argument("--svg")
    three = verbs.add_parser("hold")
    three.add_argument("lines", nargs="+")
    three.add_argument("--every", type=int, default=1)
    options = parser.parse_args()
    return {"measure": measure, "table": tabulate, "hold": hold}[options.verb](options)


if __name__ == "__main__":
    sys.exit(main())
