"""The native plane is built where a C compiler and OpenSSL's headers are; elsewhere one line says that it is not.

Everything else about this project is in pyproject.toml.
"""

import subprocess
import sys
import sysconfig

from setuptools import setup

_HEADERS = ("Python.h", "openssl/evp.h", "sys/epoll.h", "sys/eventfd.h")
_PROBE = "".join(f"#include <{header}>\n" for header in _HEADERS)


def why_not() -> str | None:
    """What is missing for the native plane, if anything."""
    if not sys.platform.startswith("linux"):
        return "it needs Linux"
    compiler = (sysconfig.get_config_var("CC") or "cc").split()
    try:
        done = subprocess.run(
            [*compiler, "-x", "c", "-fsyntax-only", "-I", sysconfig.get_path("include"), "-"],
            check=False,
            input=_PROBE.encode(),
            capture_output=True,
        )
    except OSError:
        return "there is no C compiler"
    return None if done.returncode == 0 else "the headers of OpenSSL or Python are not here (libssl-dev, python3-dev)"


missing = why_not()
if missing is None:
    setup(cffi_modules=["gateway/media/native/build_plane.py:ffibuilder"])
else:
    print(f"ramal: the native media plane is not built: {missing}. The Python plane does its work.", file=sys.stderr)
    setup()
