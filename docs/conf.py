"""Sphinx configuration; ``make docs`` builds the documentation."""

from __future__ import annotations

from importlib.metadata import version as installed

project = "exit_dsl"
author = "the exit_dsl contributors"
project_copyright = author
version = release = installed("exit_dsl")

extensions = ["sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx.ext.viewcode"]
html_theme = "furo"
html_title = f"{project} {release}"
exclude_patterns = ["_build"]

autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
autodoc_inherit_docstrings = True
maximum_signature_line_length = 80
napoleon_google_docstring = True
napoleon_numpy_docstring = False
