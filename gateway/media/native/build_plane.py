"""How the native plane is compiled: cffi in API mode, one stable-ABI module for every Python from 3.11 on.

The ordinary install runs this through setup.py. `RAMAL_NATIVE_CFLAGS` adds compiler options.
"""

import os
from pathlib import Path

from cffi import FFI

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
SOURCES = sorted((HERE / "src").glob("*.c"))
CFLAGS = ["-std=gnu11", "-D_GNU_SOURCE", "-O3", "-g", "-Wall", "-Wextra", "-fvisibility=hidden", "-pthread"]

ffibuilder = FFI()
ffibuilder.cdef((HERE / "src" / "plane_cdef.h").read_text())
ffibuilder.set_source(
    "gateway.media.native._plane",
    '#include "plane.h"',
    sources=[str(path.relative_to(ROOT)) for path in SOURCES],
    depends=[str(path.relative_to(ROOT)) for path in (HERE / "src").glob("*.h")],
    include_dirs=[str((HERE / "src").relative_to(ROOT))],
    libraries=["crypto", "m"],
    extra_compile_args=[*CFLAGS, *os.environ.get("RAMAL_NATIVE_CFLAGS", "").split()],
    extra_link_args=["-pthread"],
    py_limited_api=True,
)
