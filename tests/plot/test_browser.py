"""The report in a real browser, without a network.

Needs Chromium and its driver (Debian: apt-get install chromium chromium-driver).  Where they are
missing the tests are skipped, unless HEATBATH_BROWSER=required, which makes that a failure.
"""

import json
import os
import shutil

import pytest
from click.testing import CliRunner

from heatbath.cli import program
from heatbath.stats import Estimate

ARGUMENTS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-dev-shm-usage "
    "--disable-background-networking --disable-component-update --disable-sync "
    "--disable-extensions --no-default-browser-check"
).split()
NO_NETWORK = "--host-resolver-rules=MAP * ~NOTFOUND"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
WIDTHS = (390, 1280)
CUTS = "--discard 20 --observable phi_squared --observable wave --observable seven".split()


def missing(why):
    if os.environ.get("HEATBATH_BROWSER") == "required":
        pytest.fail(f"HEATBATH_BROWSER=required, but {why}")
    pytest.skip(why)


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    try:
        from selenium import webdriver
        from selenium.webdriver.chrome.service import Service
    except ModuleNotFoundError:
        missing("selenium is not installed")
    binary = next(filter(None, map(shutil.which, BROWSERS)), None)
    driver = shutil.which("chromedriver")
    if binary is None or driver is None:
        missing("there is no Chromium with a chromedriver")
    options = webdriver.ChromeOptions()
    options.binary_location = binary
    profile = f"--user-data-dir={tmp_path_factory.mktemp('profile')}"
    for argument in (*ARGUMENTS, NO_NETWORK, profile):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    chrome = webdriver.Chrome(options=options, service=Service(driver))
    yield chrome
    chrome.quit()


def invoke(*arguments):
    result = CliRunner().invoke(program, [*map(str, arguments), "--json"])
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


@pytest.fixture(scope="module")
def written(stored_run, tmp_path_factory):
    """The report's page, and what `analyse` says of the same run."""
    folder = tmp_path_factory.mktemp("written")
    page = invoke("report", stored_run, "--out", folder, *CUTS)["report"]
    return page, invoke("analyse", stored_run, *CUTS)


@pytest.fixture
def opened(browser, written):
    """open(width, dark): the browser with the page."""

    def open_page(width=1280, dark=False):
        features = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
        metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        browser.get(f"file://{written[0]}")
        return browser

    return open_page


def test_it_loads_nothing_but_itself_and_complains_of_nothing(opened, written):
    chrome = opened()
    assert chrome.get_log("browser") == []
    messages = [json.loads(entry["message"])["message"] for entry in chrome.get_log("performance")]
    page = f"file://{written[0]}"
    urls = {
        message["params"]["request"]["url"]
        for message in messages
        if message["method"] == "Network.requestWillBeSent"
        and message["params"]["documentURL"] == page
    }
    assert {url for url in urls if not url.startswith("data:")} == {page}


@pytest.mark.parametrize("dark", [False, True])
def test_every_image_is_there_and_has_words(opened, dark):
    images = opened(dark=dark).execute_script(
        "return [...document.images].map(i => [i.complete, i.naturalWidth, i.alt, i.currentSrc])"
    )
    assert len(images) == 3 * 3 + 1 + 2  # history alone of what never varies; two of fields
    for complete, width, alt, _ in images:
        assert complete
        assert width > 200
        assert len(alt) > 20
    assert len({source for *_, source in images}) == len(images)


def test_dark_screens_get_other_images(opened):
    script = "return [...document.images].map(i => i.currentSrc)"
    light, dark = (set(opened(dark=d).execute_script(script)) for d in (False, True))
    assert not light & dark


def test_the_table_has_the_numbers_of_analyse(opened, written):
    rows = opened().execute_script(
        "return [...document.querySelectorAll('#table-results tbody tr')]"
        ".map(r => [...r.cells].map(c => c.textContent))"
    )
    expected = written[1]["observables"]
    assert [row[0] for row in rows] == list(expected)
    for name, value, _, ess, rhat, *_ in rows:
        e = expected[name]
        number, error = (complex(**x) if isinstance(x, dict) else x for x in
                         (e["value"], e["error"]))  # fmt: skip
        assert value == str(Estimate(number, error, tau_int=1.0, n=1))
        assert ess == f"{e['ess']:.0f}"
        assert rhat == (f"{written[1]['rhat'][name]:.4f}" if name in written[1]["rhat"] else "")


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_sticks_out_to_the_right(opened, width):
    chrome = opened(width)
    inside, outside = chrome.execute_script(
        "for (const d of document.querySelectorAll('details')) d.open = true;"
        "return [document.documentElement.scrollWidth, window.innerWidth]"
    )
    assert outside == width
    assert inside <= outside


CONTRAST = """
const rgb = text => text.match(/[0-9.]+/g).slice(0, 3).map(Number);
const paper = element => {
  for (let e = element; e; e = e.parentElement) {
    const colour = getComputedStyle(e).backgroundColor;
    if (!colour.endsWith(', 0)') && colour !== 'transparent') return rgb(colour);
  }
  return [255, 255, 255];
};
return [...document.querySelectorAll('h1, h2, p, li, a, th, td, pre, figcaption, summary')]
  .map(e => [rgb(getComputedStyle(e).color), paper(e), e.tagName]);
"""


def luminance(colour):
    parts = [c / 255 for c in colour]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("dark", [False, True])
def test_every_text_can_be_read(opened, dark):
    """The contrast that the accessibility guidelines ask of text, 4.5."""
    chrome = opened(dark=dark)
    for ink, paper, tag in chrome.execute_script(CONTRAST):
        low, high = sorted((luminance(ink), luminance(paper)))
        assert (high + 0.05) / (low + 0.05) >= 4.5, (tag, ink, paper)
    body = "return getComputedStyle(document.body).backgroundColor"
    numbers = chrome.execute_script(body).strip("rgba()").split(",")[:3]
    assert (luminance([float(x) for x in numbers]) < 0.1) == dark


def test_texts_of_users_are_shown_and_not_run(opened, stored_run):
    chrome = opened()
    name = json.loads((stored_run / "run.json").read_text(encoding="utf-8"))["theory"]
    assert "<script>" in name
    assert chrome.execute_script("return document.querySelector('h1').textContent").startswith(name)
    assert chrome.title.startswith("wild <script>document.title")
    assert chrome.execute_script("return document.scripts.length") == 0
