"""The compiled modules, with the headers (.pxd, .h) for Cython code that cimports from them."""

INCLUDE_DIR: str = __path__[0]  # for the include_dirs of an extension that cimports from here
