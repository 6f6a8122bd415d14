"""The C plane against everything that may come from the wire, with address and undefined-behaviour sanitizers.

`RAMAL_FUZZ_S` seconds (default: 20). New inputs that a longer run finds are kept by hand::

    RAMAL_FUZZ_S=3600 pytest tests/fuzz/native     # the work folder that it names on failure has the input
"""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from gateway.media.native.build_plane import CFLAGS

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
SOURCES = ROOT / "gateway" / "media" / "native" / "src"
CORPUS = HERE.parent / "corpus" / "wire"
SECONDS = int(os.environ.get("RAMAL_FUZZ_S", "20"))
STRICT = ["-O1", "-Werror", "-fno-sanitize-recover=all", "-fno-omit-frame-pointer", "-I", str(SOURCES)]


def compiled(compiler: str, out: Path, sanitizers: str, *more: Path) -> bool:
    """Whether it could be: the other reason is a mistake in our C, which the ordinary build shows better."""
    if shutil.which(compiler) is None:
        return False
    sources = [HERE / "wire.c", *more, *sorted(SOURCES.glob("*.c"))]
    command = [compiler, *CFLAGS, *STRICT, f"-fsanitize={sanitizers}", *map(str, sources), "-lcrypto", "-lm"]
    done = subprocess.run([*command, "-o", str(out)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        print(done.stderr)
    return done.returncode == 0


@pytest.mark.timeout(SECONDS + 180)
def test_nothing_from_the_wire_breaks_the_plane(tmp_path: Path) -> None:
    program, work = tmp_path / "wire", tmp_path / "corpus"
    work.mkdir()
    if compiled("clang", program, "fuzzer,address,undefined"):
        command = [str(program), f"-max_total_time={SECONDS}", "-max_len=4096", "-timeout=20", str(work), str(CORPUS)]
    elif compiled("gcc", program, "address,undefined", HERE / "driver.c"):
        command = [str(program), str(SECONDS), *map(str, sorted(CORPUS.iterdir()))]
    else:
        pytest.fail("the fuzz target needs clang (with libclang-rt-dev) or gcc, and libssl-dev")
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-6000:]
