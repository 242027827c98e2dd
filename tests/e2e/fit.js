// Which controls of a page do not fit. Python reads this and runs it in the page, with a selector
// of the part to look at. Returns sentences.
(scope) => {
  const CONTROLS = 'button, a[href], input, select, textarea, summary, [role=tab], [tabindex="0"]';
  const named = (e) => e.id || e.getAttribute('aria-label') ||
    e.textContent.trim().slice(0, 30) || e.outerHTML.slice(0, 60);
  const box = ({ left, top, width, height }) => {
    const [x, y, w, h] = [left, top, width, height].map(Math.round);
    return `${x},${y} ${w}x${h}`;
  };
  // A radio button or checkbox is drawn, and pressed, with its label.
  const BOXES = 'input[type=radio], input[type=checkbox]';
  const drawn = (e) => (e.matches(BOXES) ? e.closest('label') ?? e : e);
  const offered = (e) => e.checkVisibility({ visibilityProperty: true }) &&
    getComputedStyle(e).pointerEvents !== 'none' && !e.closest('.visually-hidden');
  const scrolls = (e) => /auto|scroll/.test(getComputedStyle(e).overflowY);
  const found = [];
  const all = [...document.querySelectorAll(scope)]
    .flatMap((part) => [...part.querySelectorAll(CONTROLS)]);
  const coarse = matchMedia('(pointer: coarse)').matches;
  const root = document.documentElement;
  for (const e of new Set(all.filter(offered).map(drawn))) {
    // A control that can be scrolled to fits.
    e.scrollIntoView({ block: 'nearest', inline: 'nearest', behavior: 'instant' });
    const r = e.getBoundingClientRect();
    if (r.width < 2 || r.height < 2) continue;
    const view = { left: 0, top: 0, right: root.clientWidth, bottom: window.innerHeight };
    for (let up = e.parentElement; up && up !== document.body; up = up.parentElement) {
      if (getComputedStyle(up).overflowX === 'visible') continue;
      const { left, top, right, bottom } = up.getBoundingClientRect();
      view.left = Math.max(view.left, left);
      view.top = Math.max(view.top, top);
      view.right = Math.min(view.right, right);
      view.bottom = Math.min(view.bottom, bottom);
    }
    const large = r.height > view.bottom - view.top; // a log that scrolls within
    if (r.left < view.left - 1 || r.right > view.right + 1) {
      found.push(`${named(e)} is cut at its side: ${box(r)}`);
    }
    if (!large && (r.top < view.top - 1 || r.bottom > view.bottom + 1)) {
      found.push(`${named(e)} is cut: ${box(r)}`);
    }
    const words = !scrolls(e) && !e.matches('input, select, textarea, [role=separator]');
    if (words && e.scrollWidth > e.clientWidth + 1 && e.clientWidth) {
      found.push(`${named(e)} is narrower than its words: ${e.scrollWidth} > ${e.clientWidth}`);
    }
    for (const [x, y] of [[0.5, 0.5], [0.1, 0.5], [0.9, 0.5], [0.5, 0.15], [0.5, 0.85]]) {
      const at = document.elementFromPoint(r.left + r.width * x, r.top + r.height * y);
      if (at && (e.contains(at) || (at.contains(e) && !at.matches(CONTROLS)))) continue;
      found.push(`${named(e)} ${box(r)} lies under ${at ? named(at) : 'nothing'} at ${x}, ${y}`);
      break;
    }
    const pressed = coarse && e.matches('button, .control, [role=tab]');
    if (pressed && (r.width < 43.5 || r.height < 43.5)) {
      found.push(`${named(e)} is too small for a finger: ${box(r)}`);
    }
  }
  if (root.scrollWidth > root.clientWidth) {
    found.push(`the page scrolls sideways: ${root.scrollWidth} > ${root.clientWidth}`);
  }
  const { stage } = document.body.dataset;
  if (stage === 'call' && root.scrollHeight > innerHeight) {
    found.push(`the page is too tall: ${root.scrollHeight} > ${innerHeight}`);
  }
  return found;
}
