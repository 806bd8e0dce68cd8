"""How long cleaning takes and how much memory, beside a plain notebook's way, at three sizes.

    python benchmarks/cleaning.py            # about five minutes; writes benchmarks/cleaning.md
    python benchmarks/cleaning.py --rows 10000
    python benchmarks/cleaning.py --rows 1000000 --against ../before    # another checkout, in turn with this one

A size of N is N leads, N delivery rows and N status changes of the generated sample, and their campaigns. Each
measurement is a process of its own, so that its peak memory is its own too.
"""

import argparse
import csv
import itertools
import json
import multiprocessing
import os
import platform
import re
import resource
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pandas as pd

from leadsmart.cleaning.clean import clean_slice
from leadsmart.cleaning.reading.slices import Slices
from leadsmart.cleaning.reading.split import split_export
from leadsmart.params import list_markets, load_params
from leadsmart.sample import write_sample

ROOT = Path(__file__).parents[1]
PARAMS = ROOT / "params"
TABLE = Path(__file__).with_suffix(".md")
SIZES = (100_000, 300_000, 1_000_000)
WORKERS = 2
KEY = b"a key for the benchmark"
TEXT = """# How long cleaning takes

Made by `python benchmarks/cleaning.py` on {machine}; ours with 2 processes. A load
above 2 says that other work took part of the 2 cores: compare CPU then.

{table}

*Ours* splits the export by market and cleans every market: every rule, phones and e-mails checked, contacts hashed,
texts scrubbed, the ledger, the contract of the clean tables. *Plain notebook* is `read_csv`, `to_datetime` and
`drop_duplicates` on the same files in one process, and checks nothing. CPU is the time of all cores together, which
other work on the machine hardly changes. Memory is the peak of all processes together.
"""


def write_export(folder: Path, rows: int) -> None:
    """A sample export of exactly so many leads, delivery rows and status changes."""
    write_sample(folder, leads=rows, seed=1)
    for stem in ("insights", "lead_status_changes"):
        path = folder / f"{stem}.csv"
        longer = path.with_suffix(".longer")
        path.rename(longer)
        with longer.open(encoding="utf-8", newline="") as source, path.open("w", newline="") as target:
            csv.writer(target, lineterminator="\n").writerows(itertools.islice(csv.reader(source), rows + 1))
        longer.unlink()


def peak() -> float:
    """Highest memory of this process so far, in GB."""
    status = Path("/proc/self/status")
    if status.exists():
        # getrusage would also count what the process that started this one held
        return int(re.search(r"VmHWM:\s+(\d+)", status.read_text())[1]) * 1024 / 1e9
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9


def split(folder: Path, cache: Path) -> tuple[Slices, float]:
    return split_export(
        folder, cache, {market: load_params(market, PARAMS) for market in list_markets(PARAMS)}
    ), peak()


def clean_market(slices: Slices, market: str) -> tuple[int, int, float]:
    params = load_params(market if market != "unassigned" else list_markets(PARAMS)[0], PARAMS)
    cleaned = clean_slice(slices, market, params, KEY)
    return sum(len(table) for table in cleaned.tables), os.getpid(), peak()


def clean_as_we_do(folder: Path) -> tuple[int, float]:
    """Rows kept, and the highest memory of all processes together: first one splits, then two clean."""
    spawn = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as cache:
        with ProcessPoolExecutor(1, spawn) as pool:
            slices, while_splitting = pool.submit(split, folder, Path(cache)).result()
        largest_first = sorted(slices.markets, key=slices.markets.get, reverse=True)
        with ProcessPoolExecutor(WORKERS, spawn) as pool:
            cleaned = list(pool.map(clean_market, itertools.repeat(slices), largest_first))
    peaks: dict[int, float] = {}
    for _, worker, gigabytes in cleaned:
        peaks[worker] = max(gigabytes, peaks.get(worker, 0))
    return sum(rows for rows, _, _ in cleaned), peak() + max(while_splitting, sum(peaks.values()))


def clean_as_a_plain_notebook_does(folder: Path) -> tuple[int, float]:
    dates = {
        "campaigns": ["start_time", "stop_time"],
        "insights": ["created_at"],
        "campaign_leads": ["added_date"],
        "lead_status_changes": ["created_at"],
    }
    rows = 0
    for stem, columns in dates.items():
        table = pd.read_csv(folder / f"{stem}.csv", low_memory=False)
        for column in columns:
            table[column] = pd.to_datetime(table[column], format="mixed", errors="coerce", utc=True)
        rows += len(table.drop_duplicates())
    return rows, peak()


def run_way(way: str, folder: Path) -> None:
    start = time.perf_counter()
    rows, gigabytes = (clean_as_we_do if way == "ours" else clean_as_a_plain_notebook_does)(folder)
    seconds = time.perf_counter() - start
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    cpu = sum(usage.ru_utime + usage.ru_stime for usage in used)
    print(json.dumps({"seconds": seconds, "cpu": cpu, "gigabytes": gigabytes, "rows": rows}))


def measure(way: str, folder: Path, checkout: Path = ROOT) -> dict[str, float]:
    """One way in a process of its own, with the code of a checkout."""
    script = checkout / "benchmarks" / Path(__file__).name
    command = [sys.executable, str(script), "--way", way, "--folder", str(folder)]
    one_thread = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    environment = os.environ | one_thread | {"PYTHONPATH": str(checkout / "src")}
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment)
    return json.loads(done.stdout)


def compare(rows: int, other: Path, rounds: int = 3) -> None:
    """This checkout and another in turn on the same files: the least CPU and time of each, and the ratios."""
    least: dict[Path, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as directory:
        folder = Path(directory) / "export"
        write_export(folder, rows)
        for _ in range(rounds):
            for checkout in (other, ROOT):
                found = measure("ours", folder, checkout)
                known = least.setdefault(checkout, found)
                least[checkout] = {name: min(known[name], value) for name, value in found.items()}
    for name in ("cpu", "seconds", "gigabytes"):
        before, now = least[other][name], least[ROOT][name]
        print(f"{rows:,} rows, {name}: {before:.2f} there, {now:.2f} here, ratio {now / before:.2f}")


def machine() -> str:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    return f"{os.cpu_count()} cores, {memory:.0f} GB, {platform.system()} {platform.machine()}, Python {platform.python_version()}, load {os.getloadavg()[0]:.1f}"


def report(sizes: list[int]) -> list[str]:
    lines = [
        "| Rows of each table | Ours | Plain notebook | Ratio | CPU, ours | CPU, plain | CPU µs per lead, ours | Memory, ours | Memory, plain |",
        "|---:|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for rows in sizes:
        with tempfile.TemporaryDirectory() as directory:
            folder = Path(directory) / "export"
            write_export(folder, rows)
            ours, plain = (measure(way, folder) for way in ("ours", "plain"))
        lines.append(
            f"| {rows:,} | {ours['seconds']:.1f} s | {plain['seconds']:.1f} s | {ours['seconds'] / plain['seconds']:.1f} "
            f"| {ours['cpu']:.1f} s | {plain['cpu']:.1f} s "
            f"| {ours['cpu'] / rows * 1e6:.0f} | {ours['gigabytes']:.2f} GB | {plain['gigabytes']:.2f} GB |"
        )
        print(lines[-1], flush=True)
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, help="one size only; nothing is written")
    parser.add_argument(
        "--against", type=Path, help="another checkout to be compared with; nothing is written"
    )
    parser.add_argument("--way", choices=("ours", "plain"), help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.way:
        run_way(options.way, options.folder)
    elif options.against:
        compare(options.rows or SIZES[-1], options.against.resolve())
    elif options.rows:
        report([options.rows])
    else:
        lines = report(list(SIZES))
        TABLE.write_text(TEXT.format(machine=machine(), table="\n".join(lines)), encoding="utf-8")


if __name__ == "__main__":
    main()
