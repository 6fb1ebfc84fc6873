"""Builds the compiled modules: headers and stubs in engine/waypost/_ext/, implementations in ext/.

WAYPOST_BUILD chooses how: `release` (default), `trace` (line coverage) or `asan` (ASan, UBSan).
"""

import os

from Cython.Build import cythonize
from setuptools import Extension, setup

MODULES = {  # module: the C kernels that it links
    "address": [],
    "digest": ["keccak", "sha256"],
    "drbg": ["chacha20"],
    "secp256k1": [],
    "rlp": [],
    "fields": [],
    "record": [],
    "datagrams": [],
    "ring": ["udp_batch"],
    "aead": ["aes128_dispatch", "aes128_aesni", "aes128_portable", "ghash_portable"],
    "message": [],
    "packet": [],
}
FLAGS = {
    "release": ["-O2"],
    "trace": ["-O1", "-DCYTHON_TRACE=1", "-DCYTHON_TRACE_NOGIL=1"],
    "asan": ["-O1", "-g", "-fsanitize=address,undefined", "-fno-omit-frame-pointer"],
}
build = os.environ.get("WAYPOST_BUILD", "release")

setup(
    ext_modules=cythonize(
        [
            Extension(
                f"waypost._ext.{name}",
                [f"ext/{name}.pyx", *(f"ext/kernels/{kernel}.c" for kernel in kernels)],
                include_dirs=["ext/kernels"],
                extra_compile_args=["-std=c11", *FLAGS[build]],
                extra_link_args=[flag for flag in FLAGS[build] if flag.startswith("-fsanitize")],
            )
            for name, kernels in MODULES.items()
        ],
        include_path=["engine"],
        build_dir=None if build == "trace" else f"build/{build}",  # coverage wants .c beside .pyx
        emit_linenums=build == "asan",
        compiler_directives={
            "language_level": 3,
            "binding": True,
            "boundscheck": build == "trace",
            "wraparound": False,
            "cdivision": True,
            "initializedcheck": False,
            "linetrace": build == "trace",
            "auto_pickle": False,  # what is compiled holds pointers and keys
            "autotestdict": False,
        },
    )
)
