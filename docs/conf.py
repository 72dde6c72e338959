"""How the documentation is built: `make docs`."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

from fake_sge import __version__ as release

project = "hubstack"
author = "hubstack contributors"
copyright = "2026, hubstack contributors"
version = release

extensions = ["myst_parser", "sphinx_copybutton", "sphinx_design", "jupyterhub_sphinx_theme", "from_code"]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
exclude_patterns = ["_build", "_ext", "evidence"]
nitpicky = True
ogp_social_cards = {"enable": False}

html_theme = "jupyterhub_sphinx_theme"
html_title = "hubstack"
html_static_path = ["_static"]
html_logo = html_favicon = "_static/logo.svg"
html_theme_options = {
    "logo": {"text": "hubstack"},
    "show_toc_level": 2,
}
copybutton_prompt_text = "$ "
