"""The explorer in AppTest: start it, go to a page, and what is on it."""

import json

from streamlit.testing.v1 import AppTest

from tests.apps.browser import ROOT, SECONDS

# Of the small set's faces: those that the first model names wrongly, and those held back.
WRONG = [2, 5, 9]
VALIDATION = [0, 2, 3, 9]


def start(**paths):
    """The explorer's first page, with paths in its sidebar."""
    return checked(explorer(paths).run())


def opened(page, ferm_path="", fer2013_path="", **query):
    """A page as its URL opens it, with paths in the sidebar; no other page runs before it."""
    paths = {"ferm_path": ferm_path, "fer2013_path": fer2013_path}
    return go(explorer(paths), page, **query)


def part(function, *arguments):
    """A part of a page, on its own."""
    app = AppTest.from_function(function, default_timeout=SECONDS, args=arguments)
    return checked(app.run())


def go(app, page, **query):
    """The app on another page; the query as in its URL."""
    app.switch_page(f"{ROOT / 'apps' / 'explorer_pages' / page}.py")
    app.query_params = query
    return checked(app.run())


def checked(app):
    """The app, on which no page has broken."""
    assert not app.exception
    return app


def faces(app):
    """What the gallery on the page was given."""
    for each in app.get("bidi_component"):
        if each.proto.component_name == "ferm_faces":
            return json.loads(each.proto.json)["faces"]
    return []


def said(app):
    """The words of the page."""
    elements = [*app.markdown, *app.caption, *app.subheader, *app.info, *app.text]
    return " ".join(each.value for each in elements)


def explorer(paths=None):
    """The app with paths in its sidebar, not yet run."""
    app = AppTest.from_file(str(ROOT / "apps" / "explorer.py"), default_timeout=SECONDS)
    for key, path in (paths or {}).items():
        app.session_state[key] = str(path)
    return app
