"""The explorer in AppTest: start it, go to a page, and what is on it."""

import functools
import json
import re

from streamlit import config
from streamlit.components.v2 import manifest_scanner
from streamlit.runtime.scriptrunner import script_runner
from streamlit.testing.v1 import AppTest

from tests.apps.browser import ROOT, SECONDS

# What AppTest does beside a page takes longer than the page, in a process that has Keras too: it
# looks through all objects, clears Keras and reads the metadata of all that is installed.
config.set_option("runner.postScriptGC", False)
script_runner._clean_problem_modules = lambda: None
manifest_scanner.scan_component_manifests = functools.cache(
    manifest_scanner.scan_component_manifests
)

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


def opened_face(row, section="", **paths):
    """A page with the panel of a face over it, as its URL opens it."""
    app = explorer(paths)
    if section:
        app.session_state["face_section"] = section
    return go(app, "samples", face=str(row))


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
    """What the first gallery on the page was given."""
    return next(iter(all_faces(app)), [])


def all_faces(app):
    """What each gallery on the page was given; those of a panel come last."""
    parts = [each.proto for each in app.get("bidi_component")]
    return [json.loads(each.json)["faces"] for each in parts if each.component_name == "ferm_faces"]


def walk(app):
    """The list that the panel of a face leads through."""
    (part,) = [
        each.proto for each in app.get("bidi_component") if "walk" in each.proto.component_name
    ]
    return json.loads(part.json)


def html(app):
    """The page's own HTML: drawings and charts."""
    return " ".join(each.proto.body for each in app.get("html"))


def charts(app):
    """What each chart on the page shows, as those hear it who do not see it."""
    return re.findall(r"<figure class='ferm-chart' role='img' aria-label='([^']*)'", html(app))


def said(app):
    """The words of the page."""
    elements = [*app.markdown, *app.caption, *app.subheader, *app.info, *app.text]
    return " ".join(each.value for each in elements)


def plain(text):
    """What a reader sees of text from outside, whose Markdown is taken for none."""
    return re.sub(r"\\(.)", r"\1", text)


def explorer(paths=None):
    """The app with paths in its sidebar, not yet run."""
    app = AppTest.from_file(str(ROOT / "apps" / "explorer.py"), default_timeout=SECONDS)
    for key, path in (paths or {}).items():
        app.session_state[key] = str(path)
    return app
