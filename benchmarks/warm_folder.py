"""Execute every notebook of a folder in kernels of a run, and print the seconds inside the cells of each.

A process of its own in `benchmarks/execution.py`, with as few imports as `leadsmart run` has before its first kernel.
"""

import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from leadsmart.report.execution.kernels import Kernels, find_imports


def execute_warm(kernels: Kernels, source: Path, environment: dict[str, str], **parameters: str) -> float:
    """Execute a notebook in a kernel of ours; the seconds inside its cells."""
    kernels.start()
    import nbformat
    import papermill

    from leadsmart.report.execution.execute import ENGINE

    done = papermill.execute_notebook(
        nbformat.read(source, as_version=4),
        None,
        parameters=parameters,
        progress_bar=False,
        execution_timeout=None,
        engine_name=ENGINE,
        kernels=kernels,
        kernel_environment=environment,
    )
    return sum(cell.metadata.papermill["duration"] or 0 for cell in done.cells)


def execute_folder(folder: Path, jobs: int) -> list[float]:
    with ThreadPoolExecutor(jobs) as pool, Kernels(find_imports(sorted(folder.glob("*")))) as kernels:
        runs = [
            pool.submit(execute_warm, kernels, path, dict(os.environ)) for path in sorted(folder.glob("*"))
        ]
        return [each.result() for each in runs]


if __name__ == "__main__":
    print(json.dumps(execute_folder(Path(sys.argv[1]), int(sys.argv[2]))))
