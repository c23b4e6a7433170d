"""The site: `make docs` builds these pages, runs the tutorials and collects the API reference.

The pages are plain Markdown that GitHub shows too.  What only the site needs stands here and in
docs/_extensions.
"""

import sys
from pathlib import Path

import heatbath

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "_extensions"))

project = "heatbath"
author = "The heatbath developers"
copyright = author
release = version = heatbath.__version__

extensions = [
    "myst_nb",  # Markdown pages; those of tutorials/ are run
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.intersphinx",
    "sphinx_copybutton",
    "sphinx_design",  # cards
    "plain_docstrings",  # ours: docstrings are plain text
    "room_entries",  # ours: the pages under api/
    "public_names",  # ours: `hb.sample` becomes a link, and every public name must have its entry
    "written_formulas",  # ours: φ_x gets its index
    "clone_links",  # ours: links that leave docs/ lead somewhere on the site
]
# README.md lists the pages for those who browse the folder; index.md does so for the site.
exclude_patterns = ["README.md", "_build", "**/.ipynb_checkpoints", "**/.pytest_cache"]
nitpicky = True
nitpick_ignore_regex = [
    # What annotations name and no page describes: classes that a room keeps to itself, and those
    # of other libraries.
    ("py:class", r"heatbath\.(_.*|\w+\.\w+\..*)"),
    ("py:.*", r"(?!heatbath\b)\w+\..*"),
    ("py:class", "DataTree|Figure|Strategy"),
]

# ---------------------------------------------------------------- Markdown
myst_enable_extensions = ["attrs_block", "colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3  # page.md#heading, as on GitHub
myst_url_schemes = ["http", "https", "mailto"]

# ---------------------------------------------------------------- tutorials
nb_execution_mode = "force"  # the library changes while the page does not: never trust a cache
nb_execution_timeout = 600
nb_execution_show_tb = True  # a cell that fails is a warning, thus an error with -W
nb_execution_in_temp = True  # what a tutorial writes lies outside the clone
nb_merge_streams = True

# ---------------------------------------------------------------- API reference
autodoc_default_options = {"members": True, "member-order": "bysource"}
autodoc_typehints = "signature"
autodoc_preserve_defaults = True
autosummary_generate = False  # the pages under api/ say what stands where
add_module_names = False
python_use_unqualified_type_names = True
python_maximum_signature_line_length = 90
toc_object_entries_show_parents = "hide"

intersphinx_mapping: dict[str, tuple[str, None]] = {}  # the build needs no network

# ---------------------------------------------------------------- looks
html_theme = "pydata_sphinx_theme"
html_title = "heatbath"
html_static_path = ["_static"]
html_css_files = ["heatbath.css"]
html_favicon = "_static/favicon.svg"
html_show_sourcelink = False
html_copy_source = False
html_sidebars = {"index": [], "project": [], "changelog": []}
html_theme_options = {
    "logo": {"text": "heatbath", "image_light": "_static/favicon.svg"},
    "header_links_before_dropdown": 6,
    "navbar_align": "left",
    "navbar_persistent": ["search-button"],
    "navigation_with_keys": False,
    "show_nav_level": 2,
    "show_toc_level": 2,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": ["sphinx-version"],
    "pygments_light_style": "default",
    "pygments_dark_style": "github-dark",
}
copybutton_exclude = ".linenos, .gp, .go"  # not the prompts, not the output
