"""How Sphinx builds the documentation: `make docs`, into build/docs, to be opened from there without a network."""

import sys
from pathlib import Path

HERE = Path(__file__).parent
# What makes pages stands in `pages/`; the package itself is documented as it stands here, installed or not.
sys.path[:0] = [str(HERE), str(HERE.parent / "src")]

from devolve_opt.version import __version__  # noqa: E402

project = "devolve_opt"
author = copyright = "The devolve_opt authors"
release = version = __version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "pages.extension"]
myst_enable_extensions = ["dollarmath", "colon_fence", "deflist"]
myst_heading_anchors = 4
exclude_patterns = ["_made", "pages"]
smartquotes = False

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_class_signature = "separated"
# Docstrings write names in single backticks.
default_role = "literal"
napoleon_numpy_docstring = False
napoleon_use_ivar = True
autodoc_default_options = {"exclude-members": "__init__, __new__"}

html_theme = "furo"
html_title = f"devolve_opt {__version__}"
html_static_path = ["_static"]
html_css_files = ["own.css"]
html_math_renderer = "mathml"
html_search_language = "en-zh"
html_show_sphinx = html_copy_source = html_show_sourcelink = False
html_theme_options = {"navigation_with_keys": False}
_fonts = "system-ui, 'Noto Sans CJK SC', 'Source Han Sans SC', 'Microsoft YaHei', 'PingFang SC', sans-serif"
for _look in ("light_css_variables", "dark_css_variables"):
    html_theme_options[_look] = {"font-stack": _fonts}  # type: ignore[assignment]
