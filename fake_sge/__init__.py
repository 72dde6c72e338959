"""A stand-in for Son of Grid Engine 8.1.9: its scheduler, its commands, its execution hosts."""

__version__ = "0.1.0"
__all__ = ["__version__"]
