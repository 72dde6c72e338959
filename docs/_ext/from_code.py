"""A directive that writes reference pages from the code they describe.

.. code-block:: markdown

    ```{from-code} commands
    ```

puts there the Markdown that ``pages.commands.page()`` returns. Nothing generated is kept, so nothing goes stale.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from sphinx.util.docutils import SphinxDirective

if TYPE_CHECKING:
    from docutils import nodes
    from sphinx.application import Sphinx


class FromCode(SphinxDirective):
    """Put the Markdown of a page made from code here."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Make the page; a page that can't be made stops the build."""
        self.env.note_reread()  # the page may be the same, the code another
        page = importlib.import_module(f"pages.{self.arguments[0]}")
        return self.parse_text_to_nodes(page.page(), allow_section_headings=True)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive, as Sphinx asks of an extension."""
    app.add_directive("from-code", FromCode)
    return {"parallel_read_safe": True}
