"""``python -m benchmarks``: measure and print everything."""

from benchmarks import bundle, cluster, costs, embedded, hellos, morphs

if __name__ == "__main__":
    bundle.main()
    morphs.main()
    embedded.main()
    cluster.main()
    costs.main()
    hellos.main()
