"""``python -m benchmarks``: measure and print everything, each in a process of its own."""

import subprocess
import sys

if __name__ == "__main__":
    for name in ("bundle", "morphs", "embedded", "cluster", "costs", "hellos"):
        subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], check=True)
