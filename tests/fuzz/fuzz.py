"""Reads damaged and hostile files of every kind, made of good ones, for as long as is wished: `make fuzz`.

    python tests/fuzz/fuzz.py [--minutes 10] [--seed N] [--only READER] [--keep FOLDER]

Each file must be read, or refused by one of rtpca's own errors, within 20 s and 2 GB. What does anything else
is kept in a folder and ends the program with exit code 1. Files are read in processes of their own, which are
limited and may die.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import shutil
import signal
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

sys.path.append(str(Path(__file__).parent))

from fuzz_mutations import mutate
from fuzz_seeds import LEFT_OUT, READERS

from rtpca.errors import RtpcaError, one_line

LONGEST_S, MOST_BYTES = 20, 2 << 30
BATCH = 50
"""Files of one process."""


class TooSlowError(Exception):
    """A file takes longer than it may."""


def write_seeds(name: str, folder: Path) -> list[Path]:
    """The good files of a reader, each in a folder of its own, as one that is a folder is."""
    seeds: list[Path] = []
    made = folder / "made"
    made.mkdir(parents=True)
    for number, path in enumerate(READERS[name].seeds(made)):
        place = folder / str(number) / path.name
        (shutil.copytree if path.is_dir() else shutil.copy)(path, place if path.is_dir() else _made(place))
        seeds.append(place)
    return seeds


def _made(path: Path) -> Path:
    path.parent.mkdir(parents=True)
    return path


def mutant_of(seeds: list[Path], folder: Path, number: int) -> Path:
    """A changed copy of one of the good files; the number decides which, and how."""
    rng = random.Random(number)
    seed = rng.choice(seeds)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    path = folder / seed.name
    (shutil.copytree if seed.is_dir() else shutil.copy)(seed, path)
    mutate(path, rng)
    return path


def outcome(name: str, path: Path) -> str:
    """Read a file: "read", "refused", or what went wrong."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", RuntimeWarning)  # a mean of nothing, numbers that overflow
            READERS[name].read(path)
    except RtpcaError as error:
        line = one_line(str(error))
        return "refused" if line else "refused without a word"
    except Exception as error:
        frame = traceback.extract_tb(error.__traceback__)[-1]
        return f"{type(error).__name__}: {error} ({Path(frame.filename).name}:{frame.lineno})"
    return "read"


def _too_slow(signum: int, frame: object) -> None:
    raise TooSlowError(f"more than {LONGEST_S} s")


def _work(name: str, seeds: list[Path], folder: Path, numbers: Iterable[int], report: Path) -> None:
    """A process of its own: reads a batch, and notes each file before and after it."""
    size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (size + MOST_BYTES, size + MOST_BYTES))
    signal.signal(signal.SIGALRM, _too_slow)
    with open(report, "w") as file, open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), 2)
        for number in numbers:
            path = seeds[number] if number < len(seeds) else mutant_of(seeds, folder, number)
            file.write(f"{number}\n")
            file.flush()
            signal.alarm(LONGEST_S)
            try:
                said = outcome(name, path)
            except TooSlowError as error:
                said = str(error)
            finally:
                signal.alarm(0)
            file.write(one_line(said).replace("\n", " ") + "\n")
            file.flush()


def run_batch(
    name: str, seeds: list[Path], folder: Path, numbers: Iterable[int]
) -> tuple[Counter[str], dict[int, str]]:
    """Read a batch in a process of its own.

    Libraries that have threads do not live on in a fork: nothing is to be read in the process itself before.

    Args:
        name: The reader.
        seeds: Its good files.
        folder: Where changed ones are put.
        numbers: Of the files: the first ones are the good files as they are, the others changed ones.

    Returns:
        How many were read and refused; what went wrong, by number.
    """
    report = folder / "report"
    report.unlink(missing_ok=True)
    process = os.fork()
    if process == 0:
        try:
            _work(name, seeds, folder / "mutant", numbers, report)
            os._exit(0)
        except BaseException:
            os._exit(3)
    died = ""
    changed_at, length = time.monotonic(), -1
    while True:
        done, status = os.waitpid(process, os.WNOHANG)
        if done:
            died = "" if status == 0 else f"the process died ({status})"
            break
        now = report.stat().st_size if report.exists() else 0
        if now != length:
            changed_at, length = time.monotonic(), now
        if time.monotonic() - changed_at > 3 * LONGEST_S:
            os.kill(process, signal.SIGKILL)
            os.waitpid(process, 0)
            died = "hangs where Python cannot stop it"
            break
        time.sleep(0.02)
    lines = report.read_text().splitlines() if report.exists() else []
    said = {int(number): text for number, text in zip(lines[::2], [*lines[1::2], died or "?"], strict=False)}
    counts = Counter(text for text in said.values() if text in ("read", "refused"))
    wrong = {number: text for number, text in said.items() if text not in counts}
    return counts, wrong


def main() -> int:
    """Fuzz in turn, and print a line for each reader."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=int(time.time()), help="where the numbers of files begin")
    parser.add_argument("--only", choices=READERS, action="append")
    parser.add_argument("--keep", type=Path, default=Path("fuzz-failures"), help="folder of failing files")
    options = parser.parse_args()
    names = options.only or list(READERS)
    totals = {name: Counter[str]() for name in names}
    shown: set[str] = set()
    end = time.monotonic() + 60 * options.minutes
    with tempfile.TemporaryDirectory() as temporary:
        seeds = {name: write_seeds(name, Path(temporary) / name) for name in names}
        first = options.seed * 1_000_000
        print(f"seed {options.seed}", flush=True)
        for name, why in LEFT_OUT.items():
            print(f"{name}: left out, for {why}", flush=True)
        while time.monotonic() < end:
            for name in names:
                folder = Path(temporary) / name
                counts, wrong = run_batch(name, seeds[name], folder, range(first, first + BATCH))
                totals[name] += counts
                for number, text in wrong.items():
                    totals[name]["failed"] += 1
                    path = mutant_of(seeds[name], folder / "mutant", number)
                    kept = options.keep / f"{name}-{number}"
                    kept.mkdir(parents=True, exist_ok=True)
                    shutil.move(path, kept / path.name)
                    if text not in shown:
                        print(f"{name}: {kept / path.name}: {text}", flush=True)
                    shown.add(text)
                if time.monotonic() > end:
                    break
            first += BATCH
    for name, counts in totals.items():
        read, refused, failed = counts["read"], counts["refused"], counts["failed"]
        print(f"{name}: {read + refused + failed} files, {read} read, {refused} refused, {failed} failed")
    return 1 if any(counts["failed"] for counts in totals.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
