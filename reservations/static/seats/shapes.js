// A seat's outline by what it is: the state is told by shape as well as by colour. Every shape is one path around its seat.
const circle = (r) => `m${-r} 0a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0z`;
const diamond = (r) => `m0 ${-r}l${r} ${r}l${-r} ${r}l${-r} ${-r}z`;
const cross = (r) => `m${-r} ${-r}l${2 * r} ${2 * r}m0 ${-2 * r}l${-2 * r} ${2 * r}`;

function square(r) {
  const bend = r * 0.45, side = 2 * (r - bend);
  return `m${-r} ${-side / 2}q0 ${-bend} ${bend} ${-bend}h${side}q${bend} 0 ${bend} ${bend}v${side}q0 ${bend} ${-bend} ${bend}h${-side}q${-bend} 0 ${-bend} ${-bend}z`;
}

// Restricted view: a disc whose lower part is cut away.
function halfMoon(r) {
  const y = r * 0.35, x = Math.sqrt(r * r - y * y);
  return `m${-x} ${y}a${r} ${r} 0 1 1 ${2 * x} 0z`;
}

const short = (path) => path.replace(/-?\d+\.\d{2,}/g, (number) => String(Math.round(number * 10) / 10));

// The shapes of one hall: shapes[state][kind].
export function shapesFor(pitch) {
  const r = pitch * 0.41;
  const alike = (path) => ({ n: path, w: path, c: path, r: path });
  const shapes = {
    free: { n: circle(r), w: square(r), c: diamond(r * 1.15), r: halfMoon(r) },
    held: alike(circle(r * 0.6)),
    booked: alike(cross(r * 0.42)),
    blocked: alike(cross(r * 0.42)),
    mine: alike(square(r * 1.1)),
  };
  for (const kinds of Object.values(shapes)) for (const kind of Object.keys(kinds)) kinds[kind] = short(kinds[kind]);
  return shapes;
}
