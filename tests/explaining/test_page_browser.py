# ruff: noqa: RUF001 - the page has true minus signs and dashes
"""The page in a browser: steps, keys, addresses, the quiz, the tooltip, print, and all of it with scripts off.

Needs Chromium on the path, or CHROMIUM with its place, and ``pip install playwright``; without them these are skipped.
"""

from __future__ import annotations

import os
import shutil

import pytest

from chainrule.explaining.paging.page import page
from explaining.test_page import array_record, expression_a, layered_record

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
playwright = pytest.importorskip("playwright.sync_api", reason="needs a browser: pip install playwright")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs a browser: apt-get install chromium")


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as running:
        started = running.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield started
        started.close()


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    place = tmp_path_factory.mktemp("page") / "a.html"
    place.write_text(page(expression_a(), texts={"LaTeX": "\\frac{1}{2}"}), encoding="utf-8", newline="\n")
    return place.as_uri()


@pytest.fixture
def opened(browser, address):
    """Opens the page at an ending of its address; nothing may be complained about on the console."""
    problems, contexts = [], []

    def opening(ending="", address=address, **settings):
        context = browser.new_context(viewport={"width": 1400, "height": 900}, **settings)
        contexts.append(context)
        tab = context.new_page()
        tab.on("console", lambda message: problems.append(message.text))
        tab.on("pageerror", lambda error: problems.append(str(error)))
        tab.goto(address + ending)
        return tab

    yield opening
    for context in contexts:
        context.close()
    assert [] == problems


def place(tab):
    return tab.inner_text("#place")


def shown(tab, selector):
    """How many of the elements a reader sees."""
    return sum(element.is_visible() for element in tab.query_selector_all(selector))


def test_opens_on_the_finished_picture(opened):
    tab = opened()

    assert "backward 17 / 17" == place(tab)
    assert 8 == shown(tab, ".node .gradient")
    assert 9 == shown(tab, ".label .number")
    assert 9 == shown(tab, "path.back[d]:not(marker path)")
    assert 1 == shown(tab, ".panels li")


def test_buttons_step_through_it(opened):
    tab = opened()
    tab.click("#start")
    assert (0, 0) == (shown(tab, ".node.operation .value"), shown(tab, ".node .gradient"))
    assert tab.is_disabled("#back")
    tab.click("#next")
    assert ("forward 1 / 6", 1) == (place(tab), shown(tab, ".node.operation .value"))
    tab.click("#end")
    tab.click("#back")
    assert "backward 16 / 17" == place(tab)


def test_before_backward_no_gradient_is_shown_anywhere(opened):
    tab = opened("#6")

    assert "forward 6 / 6" == place(tab)
    assert 0 == shown(tab, ".node .gradient, .label .number, .sums .number, .checks tbody tr")
    assert "2.752" not in tab.inner_text("main")
    assert "gradient" not in tab.get_attribute(".node.output", "aria-label")


def test_keys_step_and_play(opened):
    tab = opened()
    for key, expected in (("Home", "start / 23"), ("ArrowRight", "forward 1 / 6"), ("ArrowRight", "forward 2 / 6")):
        tab.keyboard.press(key)
        assert expected == place(tab)
    tab.keyboard.press("ArrowLeft")
    assert "forward 1 / 6" == place(tab)
    tab.keyboard.press("Space")
    assert ("forward 2 / 6", "Pause") == (place(tab), tab.inner_text("#play"))
    tab.keyboard.press("Space")
    assert "Play" == tab.inner_text("#play")
    tab.keyboard.press("End")
    assert "backward 17 / 17" == place(tab)


def test_slider_steps_and_says_the_step_in_words(opened):
    tab = opened()
    tab.fill("#slider", "8")

    assert "backward 2 / 17" == place(tab)
    assert tab.get_attribute("#slider", "aria-valuetext").startswith("Step 8 of 23: A sends 1.099 to t3")
    assert tab.inner_text("#spoken") == tab.get_attribute("#slider", "aria-valuetext")


def test_the_step_is_in_the_address(opened):
    tab = opened("#20")
    assert "backward 14 / 17" == place(tab)
    tab.click("#next")
    assert tab.url.endswith("#21")
    tab.evaluate("location.hash = '#3'")
    tab.wait_for_function("document.getElementById('place').textContent === 'forward 3 / 6'")


def test_an_address_that_makes_no_sense_opens_the_finished_picture(opened):
    assert "backward 17 / 17" == place(opened("#%3Cb%3E"))
    assert "backward 17 / 17" == place(opened("#999"))


def test_the_current_step_is_marked_in_the_graph_and_in_the_tables(opened):
    tab = opened("#8")

    assert 1 == shown(tab, ".graph .now")
    assert "step" == tab.get_attribute(".graph .now", "aria-current")
    assert "solid" == tab.evaluate("getComputedStyle(document.querySelector('.graph .now')).outlineStyle")
    assert 1 == shown(tab, ".sums tr.now")


def test_focus_shows_a_tooltip_and_escape_hides_it(opened):
    tab = opened()
    tab.focus('.node[data-node="6"]')
    tip = tab.inner_text("#tip6")

    assert 1 == shown(tab, ".tip")
    assert "log(a+b), columns 16–23" in tip
    assert "≈ 0.00192" in tip
    tab.keyboard.press("Escape")
    assert 0 == shown(tab, ".tip")
    tab.hover('.node[data-node="0"]')
    assert 1 == shown(tab, "#tip0")


def test_the_tooltip_keeps_the_gradient_to_itself_until_it_is_known(opened):
    tab = opened("#3")
    tab.focus('.node[data-node="6"]')

    assert "nudge" not in tab.inner_text("#tip6")
    assert "1.099" not in tab.inner_text("#tip6")


def test_quiz_marks_right_and_wrong_answers(opened):
    tab = opened()
    tab.click("#quiz")
    assert "What does A send to t3?" == tab.inner_text("#question")
    tab.keyboard.type("1.1")
    tab.keyboard.press("Enter")
    assert "✓ Right: 1.099." == tab.inner_text("#feedback")
    assert "What does A send to t5?" == tab.inner_text("#question")
    assert "1 of 1 right at once" == tab.inner_text("#count")

    for given, said in (
        ("3,844", "2 times the right number"),
        ("-1.922", "the sign is the other way"),
        ("1", "the gradient that comes in. Multiply"),
        ("many", "Write a number"),
    ):
        tab.fill("#field", given)
        tab.keyboard.press("Enter")
        assert said in tab.inner_text("#feedback")
    assert "What does A send to t5?" == tab.inner_text("#question")
    tab.fill("#field", "3.844/2")
    tab.keyboard.press("Enter")
    assert "1 of 2 right at once" == tab.inner_text("#count")


def test_quiz_shows_an_answer_on_request_and_ends(opened):
    tab = opened()
    tab.click("#quiz")
    for _ in range(9):
        assert tab.evaluate("document.activeElement.id") == "field"
        tab.click("#reveal")

    assert "It was 0.7768 × 2.718 = 2.112." == tab.inner_text("#feedback")
    assert "0 of 9 right at once" == tab.inner_text("#count")
    assert "No message is left." == tab.inner_text("#question")
    tab.click("#quiz")
    assert 0 == shown(tab, "#asking")


def test_quiz_hides_the_answer_everywhere(opened):
    tab = opened()
    tab.click("#quiz")

    assert "1.922 × " not in tab.inner_text("main")
    assert "0.6407" not in tab.inner_text("main")


def test_the_reasons_stay_hidden_until_the_gradient_is_known(opened):
    tab = opened("#20")
    assert 0 == shown(tab, ".reasons")
    tab.click("#next")
    assert 1 == shown(tab, ".reasons tbody tr")
    tab.click("#next")
    tab.click("#next")
    assert 2 == shown(tab, ".reasons tbody tr")
    assert 0 == shown(opened("?blank=1"), ".reasons")


def test_an_entrys_sum_opens_without_scripts_and_by_the_space_bar(opened, tmp_path):
    place = tmp_path / "arrays.html"
    place.write_text(page(array_record()), encoding="utf-8")
    tab = opened(address=place.as_uri(), java_script_enabled=False)
    assert 0 == shown(tab, ".entries tbody tr")
    tab.click("summary >> nth=1")
    assert 60 == shown(tab, ".entries tbody tr")

    tab = opened(address=place.as_uri())
    tab.focus("summary >> nth=1")
    tab.keyboard.press("Space")
    assert 60 == shown(tab, ".entries tbody tr")
    tab.click("#start")
    assert 0 == shown(tab, ".entries")


def test_print_has_the_reasons_and_the_entries_that_are_open(opened, tmp_path):
    place = tmp_path / "arrays.html"
    place.write_text(page(array_record()), encoding="utf-8")
    tab = opened("#2", address=place.as_uri())
    tab.emulate_media(media="print")

    assert 2 == shown(tab, ".reasons tbody tr")
    assert 0 == shown(tab, ".entries")


def test_without_scripts_all_is_shown_and_no_control(opened):
    tab = opened(java_script_enabled=False)

    assert 8 == shown(tab, ".node .gradient")
    assert 9 == shown(tab, ".label .number")
    assert 23 == shown(tab, ".panels li")
    assert 0 == shown(tab, "button")
    assert "(2.111671002 − 2.111648444) / 0.0002" in tab.inner_text(".checks")


@pytest.mark.parametrize("ending", ["", "#2"])
def test_print_has_the_whole_solution_whatever_the_state(opened, ending):
    tab = opened(ending)
    tab.emulate_media(media="print")

    assert 9 == shown(tab, ".label .number")
    assert 8 == shown(tab, ".node .gradient")
    assert 0 == shown(tab, "button, .bar")
    assert len(tab.pdf(prefer_css_page_size=True)) > 10_000


def test_print_fits_the_page(opened):
    tab = opened()
    tab.emulate_media(media="print")

    assert tab.evaluate("document.querySelector('.graph').getBoundingClientRect().width") < 961


def test_the_address_can_ask_for_the_blank_sheet(opened):
    tab = opened("?blank=1")

    assert 0 == shown(tab, ".label .number, .operation .value, .gradient, .bar, .checks")
    assert ["1", "2"] == [element.inner_text() for element in tab.query_selector_all(".node.input .value")]
    assert "0.1128" not in tab.inner_text("main")


def test_other_forms_open_in_a_dialog(opened):
    tab = opened()
    tab.click("text=LaTeX")
    assert "\\frac{1}{2}" == tab.input_value("dialog textarea")
    tab.keyboard.press("ArrowLeft")
    assert "backward 17 / 17" == place(tab)
    tab.click("text=Copy")
    tab.wait_for_function("['Copied', 'Press Ctrl+C'].includes(document.querySelector('.copy').textContent)")
    tab.keyboard.press("Escape")
    assert 0 == shown(tab, "dialog")


@pytest.mark.parametrize("width", [360, 800, 1900])
def test_only_the_graph_and_tables_scroll_sideways(opened, width):
    tab = opened()
    tab.set_viewport_size({"width": width, "height": 800})

    assert tab.evaluate("document.documentElement.scrollWidth") <= width


def test_text_stays_inside_its_box(opened):
    tab = opened()
    outside = """[...document.querySelectorAll('.node, .label')].filter(box => {
        const own = box.getBoundingClientRect();
        return [...box.children].some(child => {
            const part = child.getBoundingClientRect();
            return part.left < own.left - 1 || part.right > own.right + 1
                || part.top < own.top - 1 || part.bottom > own.bottom + 1;
        });
    }).map(box => box.textContent)"""

    assert [] == tab.evaluate(outside)


def test_a_large_record_opens_on_its_layers_and_enters_one(opened, tmp_path):
    place = tmp_path / "layers.html"
    place.write_text(page(layered_record()), encoding="utf-8")
    tab = opened(address=place.as_uri())

    assert 0 == shown(tab, ".node")
    tab.click('[data-group="1"]')
    assert 30 == shown(tab, ".node") == shown(tab, ".operations tbody tr")
    tab.click("#start")
    tab.click("#next")
    assert "true" == tab.get_attribute('[data-group="0"]', "aria-pressed")
    tab.click('[data-group="all"]')
    assert 61 == shown(tab, ".node")


def test_a_page_inside_a_notebook_steps_too(opened, browser):
    tab = opened(address="about:blank")
    tab.evaluate("page => document.body.innerHTML = '<iframe></iframe>'", "")
    tab.evaluate("page => document.querySelector('iframe').srcdoc = page", page(array_record()))
    frame = tab.frame_locator("iframe")
    frame.locator("#start").click()
    frame.locator("#next").click()

    assert "forward 1 / 2" == frame.locator("#place").inner_text()
