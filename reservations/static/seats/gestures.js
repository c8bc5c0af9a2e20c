// Drag to pan, two fingers to pinch, the wheel to zoom; a press that did not move is a tap. tap(px, py, isTouch), hover(px, py).
const STILL = 6;

export function gestures(svg, camera, { tap, hover, leave }) {
  const fingers = new Map();
  let moved = 0, spread = 0;
  const inside = (event) => {
    const box = svg.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };

  svg.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    fingers.set(event.pointerId, inside(event));
    if (fingers.size === 1) moved = 0;
    spread = apart(fingers);
  });

  svg.addEventListener("pointermove", (event) => {
    const before = fingers.get(event.pointerId), here = inside(event);
    if (!before) return event.pointerType === "mouse" && hover(...here);
    const [dx, dy] = [here[0] - before[0], here[1] - before[1]];
    moved += Math.abs(dx) + Math.abs(dy);
    if (moved <= STILL) return;
    if (!svg.hasPointerCapture(event.pointerId)) svg.setPointerCapture(event.pointerId);
    fingers.set(event.pointerId, here);
    leave();
    camera.pan(dx / fingers.size, dy / fingers.size);
    if (fingers.size === 2) {
      const now = apart(fingers);
      if (spread && now) camera.zoom(now / spread, ...middle(fingers));
      spread = now;
    }
  });

  const up = (event) => {
    const known = fingers.delete(event.pointerId);
    spread = apart(fingers);
    if (known && event.type === "pointerup" && moved <= STILL && !fingers.size) tap(...inside(event), event.pointerType === "touch");
  };
  svg.addEventListener("pointerup", up);
  svg.addEventListener("pointercancel", up);
  svg.addEventListener("pointerleave", leave);

  svg.addEventListener("wheel", (event) => {
    const out = event.deltaY > 0;
    // Whoever scrolls past the whole hall scrolls the page.
    if (out && camera.isWhole) return;
    event.preventDefault();
    leave();
    camera.zoom(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0016)), ...inside(event));
  }, { passive: false });
}

function apart(fingers) {
  if (fingers.size !== 2) return 0;
  const [a, b] = [...fingers.values()];
  return Math.hypot(a[0] - b[0], a[1] - b[1]);
}

function middle(fingers) {
  const [a, b] = [...fingers.values()];
  return [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2];
}
