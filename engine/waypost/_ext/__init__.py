"""The compiled core: C-level headers (.pxd) and stubs (.pyi); the implementations are in ext/."""
