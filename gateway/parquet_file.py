"""`python -m gateway.parquet_file SOURCE TARGET`: a table of calls as Parquet, at the lowest priority.

A process of its own: the library holds the interpreter while it writes, and the gateway has calls to attend to. Rows go
through in batches. Exit code `DISK_FAILED`: a file cannot be read or written.
"""

import os
import sys
from pathlib import Path
from typing import Final

from arro3.core import DataType, Field, Schema
from arro3.io import read_csv, write_parquet

from gateway.export_rows import COLUMNS, Kind
from recording.finish import DISK_FAILED, LOWEST_PRIORITY

BATCH_ROWS: Final = 4_096
TYPES: Final = {
    Kind.TEXT: DataType.utf8(),
    Kind.COUNT: DataType.int64(),
    Kind.NUMBER: DataType.float64(),
    Kind.TIME: DataType.timestamp("us", tz="UTC"),
}


def schema() -> Schema:
    return Schema([Field(column.name, TYPES[column.kind], nullable=True) for column in COLUMNS])


def main(source: str, target: str) -> int:
    os.nice(LOWEST_PRIORITY)
    try:
        rows = read_csv(Path(source), schema(), has_header=False, batch_size=BATCH_ROWS)
        write_parquet(rows, Path(target), compression="zstd(3)", created_by="ramal")
    except OSError:
        return DISK_FAILED
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
