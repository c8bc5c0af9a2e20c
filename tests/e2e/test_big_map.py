"""A hall of 5,000 seats in a browser: what it costs to draw, and how soon another's hold is seen. Prints figures, asserts none of them."""

import time

import pytest
from playwright.sync_api import Browser, expect

from tests.support import buyers
from tests.support.dev import Dev

SEATS = 5000
TIMES = """() => ({
  paint: performance.getEntriesByName('first-contentful-paint')[0]?.startTime,
  seats: performance.getEntriesByName('seats-drawn')[0]?.startTime,
  plan: performance.getEntriesByType('resource').find((one) => one.name.includes('plan.json'))?.encodedBodySize,
  nodes: document.querySelectorAll('#map *').length,
})"""
# When the seat is seen as held, by the clock that both pages share.
WATCH = """seat => { const node = document.getElementById(seat);
  new MutationObserver(() => { window.seen ??= Date.now(); }).observe(node, { attributes: true, attributeFilter: ['class'] }); }"""

# Twenty small moves of the wheel, each with its frame.
PAN = """async () => {
  const svg = document.querySelector('#map svg'), box = svg.getBoundingClientRect();
  const turn = { deltaY: -40, clientX: box.x + box.width / 2, clientY: box.y + box.height / 2, cancelable: true };
  const frame = () => new Promise(requestAnimationFrame);
  await frame();
  const start = performance.now();
  for (let n = 0; n < 20; n += 1) {
    svg.dispatchEvent(new WheelEvent('wheel', turn));
    await frame();
  }
  return (performance.now() - start) / 20;
}"""


def test_five_thousand_seats_are_drawn_with_few_nodes_and_hear_of_a_hold(
    site: Dev, browser: Browser, capsys: pytest.CaptureFixture[str]
) -> None:
    show = buyers.show(site, seats=SEATS)
    watcher, other = buyers.buyer(site, browser), buyers.buyer(site, browser)
    buyers.open_map(watcher, show)
    times = watcher.evaluate(TIMES)
    assert watcher.locator("#map .zone path").count() == SEATS
    assert times["nodes"] < SEATS + 500
    buyers.open_map(other, show)
    other.locator("#parts button").first.click()
    other.wait_for_selector("svg[data-level=near], svg[data-level=mid]")
    watcher.evaluate(WATCH, "s255")
    start = time.time() * 1000
    buyers.press_seat(other, 255)
    expect(watcher.locator("#s255")).to_have_class("held", timeout=30_000)
    seen = watcher.evaluate("window.seen") - start
    frames = watcher.evaluate(PAN)
    with capsys.disabled():
        print(f"\n5,000 seats: first paint {times['paint']:.0f} ms, all seats drawn {times['seats']:.0f} ms,")
        print(f"plan {times['plan'] / 1024:.0f} KiB, {times['nodes']} nodes; a hold of another seen after {seen:.0f} ms;")
        print(f"a frame of zooming {frames:.0f} ms in the mean")
    for page in (watcher, other):
        page.context.close()
