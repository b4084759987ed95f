"""An HTML file that loads nothing from elsewhere and prints on A4, in the look of all pages
here.
"""

from pathlib import Path
from string import Template

from evenpulse.base.markup import Markup, joined

_TEMPLATE = Path(__file__).with_name("sheet.html")


def render(title: str, style: Path, body: Markup) -> str:
    """The whole file; `style`: a file of what this page adds to the look."""
    page = Template(_TEMPLATE.read_text(encoding="utf-8"))
    look = style.read_text(encoding="utf-8")
    return page.substitute(title=joined(title), style=look, body=body)
