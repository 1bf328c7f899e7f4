"""``python -m benchmarks``: measure and print everything."""

from benchmarks import embedded

if __name__ == "__main__":
    embedded.main()
