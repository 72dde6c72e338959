"""A simulation and testbed harness for JupyterHub on Grid Engine."""

from fake_sge import __version__

__all__ = ["__version__"]
