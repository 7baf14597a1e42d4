"""The explorer in a real browser: what is chosen and what is seen, the panel, keys, Back."""

import pytest

from fermask.exploring.embedding import read_embedding
from fermask.exploring.map_selection import inside, read_area
from fermask.faces.labels import CLASSES
from fermask.networks.predictions import read_predictions
from fermask.system.paths import OUT_OF_FOLD, PUBLISHED_EMBEDDINGS
from tests.apps.browser import free_port, open_page, running_app

pytestmark = pytest.mark.browser

WIDE, PHONE = (1440, 900), (390, 844)
TILES = "button[data-row]"
AT_REST = "[data-testid=stApp][data-test-script-state=notRunning]"


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    """The explorer on the published set, whose faces are drawn, with marks of its own."""
    place = tmp_path_factory.mktemp("browser")
    port = free_port()
    url = f"http://localhost:{port}"
    arguments = ["-m", "streamlit", "run", "apps/explorer.py", "--server.headless", "true"]
    arguments += ["--server.port", str(port), "--server.fileWatcherType", "none"]
    arguments += ["--", "--marks", str(place / "marks.sqlite")]
    with running_app(arguments, f"{url}/_stcore/health", {"FER2013": str(place)}):
        yield url


@pytest.fixture(params=[(WIDE, False), (PHONE, True)], ids=str)
def window(request):
    """Width, height, and whether pages are dark."""
    return (*request.param[0], request.param[1])


def rows(page):
    """FER2013 rows of the faces on the page; those of a panel come last."""
    return [each.get_attribute("data-row") for each in page.locator(TILES).all()]


def rest(page):
    """Waits until no script runs, and an effect of the last act has begun."""
    page.wait_for_timeout(300)
    page.wait_for_selector(AT_REST)


def in_first_screen(page, selector):
    """Whether the first such element begins in the window, without scrolling."""
    box = page.locator(selector).first.bounding_box()
    return 0 <= box["y"] < page.viewport_size["height"]


def cell_rows():
    """The rows of surprised faces outside fold 9 that are called angry, the surest first."""
    said_of = read_predictions(OUT_OF_FOLD)
    angry = said_of.probabilities.argmax(axis=1) == CLASSES.index("angry")
    cell = said_of.table[(said_of.table["label"] == "surprise") & angry]
    return cell.sort_values("p_angry", ascending=False)["row"].astype(str).tolist()


CELL = "button[aria-label*='surprise faces predicted as angry']"


def test_a_cell_and_its_faces_stand_in_one_screen(url, window):
    with open_page(f"{url}/confusion?split=all", *window) as page:
        page.locator(CELL).click()
        page.locator("text=True surprise, predicted angry").wait_for()
        page.wait_for_selector(TILES)
        assert rows(page) == cell_rows()
        assert in_first_screen(page, CELL)
        assert in_first_screen(page, TILES)


@pytest.mark.parametrize("show", ["label+errors", "duplicates", "blind+spots"])
def test_a_list_and_its_faces_stand_in_one_screen(url, show, window):
    with open_page(f"{url}/mistakes?show={show}", *window) as page:
        page.wait_for_selector(TILES)
        rest(page)
        assert in_first_screen(page, TILES)


def test_a_face_opens_over_its_list_and_back_closes_it(url, window):
    with open_page(f"{url}/confusion?split=all&true=surprise&predicted=angry", *window) as page:
        page.locator(TILES).first.click()
        dialog = page.get_by_role("dialog")
        expected = cell_rows()
        dialog.locator(f"text=Row {expected[0]}: surprise").wait_for()
        assert f"face={expected[0]}" in page.url
        dialog.locator(".ferm-views img").nth(2).wait_for()
        # Before the way on is there, keys lead nowhere; then, however fast they come, none is lost.
        dialog.get_by_role("button", name="Next").wait_for()
        rest(page)
        for _ in range(4):
            page.keyboard.press("ArrowRight")
        dialog.locator(f"text=Row {expected[4]}: surprise").wait_for()
        page.reload()
        dialog.get_by_role("button", name="Previous").wait_for()
        page.keyboard.press("ArrowLeft")
        dialog.locator(f"text=Row {expected[3]}: surprise").wait_for()
        rest(page)
        # A face takes the place of the one before it: one step back is the list.
        page.go_back()
        dialog.wait_for(state="hidden")
        rest(page)
        assert rows(page) == expected


def test_the_panel_leads_to_faces_like_this_one(url):
    with open_page(f"{url}/samples?face={cell_rows()[0]}", *WIDE) as page:
        page.get_by_role("tab", name="Faces like this").click()
        like = page.get_by_role("dialog").locator(TILES)
        like.first.wait_for()
        row = like.first.get_attribute("data-row")
        like.first.click()
        page.get_by_role("dialog").locator(f"text=Row {row}: ").wait_for()


def test_back_restores_the_view_one_left(url):
    with open_page(f"{url}/confusion", *WIDE) as page:
        page.wait_for_selector(TILES)
        assert "?" not in page.url
        page.get_by_role("radio", name="all").click()
        page.locator(CELL).click()
        page.locator("text=True surprise, predicted angry").wait_for()
        rest(page)
        left = page.url
        page.get_by_role("link", name="Samples").click()
        page.wait_for_selector("h1:has-text('Samples')")
        rest(page)
        assert page.url == f"{url}/samples"
        page.go_back()
        page.locator("text=True surprise, predicted angry").wait_for()
        rest(page)
        assert page.url == left
        assert rows(page) == cell_rows()
        page.go_back()
        page.locator("text=All mistakes").wait_for()


def test_the_map_fills_the_panel_beside_it(url):
    embedding = read_embedding(PUBLISHED_EMBEDDINGS / "m_xception.parquet")
    known = embedding.table["row"].astype(str).tolist()
    with open_page(f"{url}/map", *WIDE) as page:
        page.wait_for_selector("canvas[role]")
        rest(page)
        box = page.locator("canvas[role]").bounding_box()
        x, y = box["x"] + box["width"] / 2, box["y"] + 0.65 * box["height"]
        for step in range(0, 200, 4):
            page.mouse.move(x + step, y)
            if page.locator(".tip").is_visible():
                break
        page.wait_for_selector(".tip img[src^='data:']")
        hovered = page.locator(".tip div").inner_text().split(":")[0].removeprefix("row ")
        page.mouse.down()
        page.mouse.up()
        page.wait_for_selector(TILES)
        rest(page)
        like = embedding.alike(known.index(hovered))
        assert rows(page) == [hovered, *(known[each] for each in like)]
        assert f"around={hovered}" in page.url
        page.mouse.move(x - 40, y - 40)
        page.mouse.down()
        page.mouse.move(x + 40, y + 40, steps=5)
        page.mouse.up()
        page.locator("text=surest first").wait_for()
        rest(page)
        area = page.url.split("area=")[1]
        within = inside(read_area(area), embedding.points_xy("t-SNE"))
        assert set(rows(page)) <= {row for row, is_in in zip(known, within, strict=True) if is_in}
        drawn = rows(page)
        page.reload()
        page.wait_for_selector(TILES)
        rest(page)
        assert rows(page) == drawn
        page.go_back()
        page.locator(f"text=Row {hovered} and what the network reads most like it").wait_for()


def test_suspects_are_marked_by_the_keyboard_alone(url):
    with open_page(f"{url}/mistakes?suspects_page_mark=true&true=sad", *WIDE) as page:
        page.wait_for_selector(".bar")
        rest(page)
        listed = rows(page)
        tile = "button[data-row='{}']"
        kept = "button[data-row='{}'] .badge:not(.sent)"
        page.locator(TILES).first.focus()
        # Fast ones are not lost, and each goes on to the next face.
        for key in "bkw":
            page.keyboard.press(key)
        for row, words in zip(listed, ("bad mask", "keep", "wrong label"), strict=False):
            page.wait_for_selector(kept.format(row))
            assert page.locator(kept.format(row)).inner_text() == words
        page.keyboard.press("Shift+ArrowDown")
        page.keyboard.press("Shift+ArrowDown")
        assert page.locator(".bar .count").inner_text() == "3 selected"
        page.keyboard.press("a")
        page.wait_for_selector(kept.format(listed[5]))
        accepted = [page.locator(kept.format(row)).inner_text() for row in listed[3:6]]
        assert all(words.startswith("→ ") for words in accepted)
        page.keyboard.press("u")
        page.locator(kept.format(listed[5])).wait_for(state="hidden")
        # After the last face of a page comes the first of the next.
        page.locator(tile.format(listed[-1])).focus()
        page.keyboard.press("k")
        page.locator(tile.format(listed[-1])).wait_for(state="hidden")
        page.wait_for_selector(TILES)
        rest(page)
        assert not set(rows(page)) & set(listed)
        focused = page.evaluate(
            "document.querySelector('[data-testid=stBidiComponentIsolated] > *')?.shadowRoot"
            "?.activeElement?.dataset.row"
        )
        assert focused in (None, rows(page)[0])


def tab_to(page, selector, most=80):
    """Presses Tab until an element has the focus, wherever it is."""
    has_focus = """(selector) => {
      let at = document.activeElement;
      while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
      return at?.matches(selector) ?? false;
    }"""
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate(has_focus, selector):
            return
    raise AssertionError(f"{most} times Tab do not reach {selector}.")


def test_the_whole_way_by_the_keyboard_alone(url):
    """From a cell to its faces, into a face, on to the next, marked, taken back, and out again."""
    with open_page(f"{url}/confusion?split=all", *WIDE) as page:
        page.wait_for_selector(TILES)
        rest(page)
        first, second = cell_rows()[:2]
        tab_to(page, "button[data-cell]")
        # The head of a row or column comes first; arrows walk from there.
        for key in ("ArrowDown", "ArrowDown", "ArrowDown"):
            page.keyboard.press(key)
        tab_to(page, "button[data-cell='2 3']", 20)
        page.keyboard.press("Enter")
        page.locator("text=True surprise, predicted angry").wait_for()
        rest(page)
        tab_to(page, f"button[data-row='{first}']")
        page.keyboard.press("Enter")
        dialog = page.get_by_role("dialog")
        dialog.get_by_role("button", name="Next").wait_for()
        page.keyboard.press("ArrowRight")
        dialog.locator(f"text=Row {second}: surprise").wait_for()
        dialog.get_by_role("button", name="Bad mask").wait_for()
        page.keyboard.press("b")
        dialog.locator("text=Marked bad mask").wait_for()
        undo = "[role=dialog] .st-key-mark_undo button"
        page.wait_for_selector(undo)
        tab_to(page, undo)
        page.keyboard.press("Enter")
        dialog.locator("text=Not marked").wait_for()
        rest(page)
        page.keyboard.press("Escape")
        dialog.wait_for(state="hidden")
        rest(page)
        assert "face=" not in page.url
        assert rows(page) == cell_rows()
