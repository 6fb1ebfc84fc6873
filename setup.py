"""Builds the compiled modules: headers and stubs in engine/waypost/_ext/, implementations in ext/.

WAYPOST_BUILD chooses how: `release` (default), `trace` (line coverage) or `asan` (ASan, UBSan).
"""

import os
from pathlib import Path

from Cython.Build import cythonize
from setuptools import Extension, setup

KERNELS = {  # what a module links from ext/kernels/; every other ext/*.pyx links nothing
    "aead": "aes_dispatch aes_aesni aes_portable ghash_portable",
    "digest": "keccak keccak_many keccak_inputs keccak_search keccak_avx512 keccak_avx2 sha256",
    "drbg": "chacha20",
    "frames": "keccak",
    "hex": "hex",
    "ring": "udp_batch",
    "session": "siphash",
}
INCLUDE = ["ext/kernels", "engine/waypost/_ext"]
FLAGS = {
    "release": "-O2",
    "trace": "-O1 -DCYTHON_TRACE=1 -DCYTHON_TRACE_NOGIL=1",
    "asan": "-O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover",
}
build = os.environ.get("WAYPOST_BUILD", "release")
flags = FLAGS[build].split()

extensions = [
    Extension(
        f"waypost._ext.{name}",
        [f"ext/{name}.pyx", *(f"ext/kernels/{one}.c" for one in KERNELS.get(name, "").split())],
        depends=[str(header) for folder in INCLUDE for header in Path(folder).glob("*.h")],
        include_dirs=INCLUDE,
        extra_compile_args=["-std=c11", *flags],
        extra_link_args=flags,
    )
    for name in sorted(path.stem for path in Path("ext").glob("*.pyx"))
]
setup(
    options={"build_ext": {"parallel": os.cpu_count()}},
    ext_modules=cythonize(
        extensions,
        include_path=["engine"],
        build_dir=None if build == "trace" else f"build/{build}",  # coverage wants .c beside .pyx
        emit_linenums=build == "asan",
        compiler_directives={
            "boundscheck": build == "trace",
            "wraparound": False,
            "cdivision": True,
            "initializedcheck": False,
            "linetrace": build == "trace",
            "auto_pickle": False,  # what is compiled holds pointers and keys
            "autotestdict": False,
        },
    ),
)
