"""A dask cluster whose workers are jobs of a Grid Engine that isn't there: dask-jobqueue, as it comes."""

from __future__ import annotations

from dask_jobqueue import SGECluster
from distributed import Client


def square(number: int) -> int:
    """What the workers compute."""
    return number * number


def main() -> None:
    """Two jobs, ten squares, one sum."""
    with (
        SGECluster(
            queue="all.q",
            cores=1,
            processes=1,
            memory="500MB",
            walltime="00:10:00",
            interface="lo",
            scheduler_options={"dashboard_address": None},
        ) as cluster,
        Client(cluster) as client,
    ):
        cluster.scale(jobs=2)
        client.wait_for_workers(2, timeout=120)
        print("workers:", len(client.scheduler_info()["workers"]))
        print("sum of squares:", sum(client.gather(client.map(square, range(10)))))


if __name__ == "__main__":
    main()
