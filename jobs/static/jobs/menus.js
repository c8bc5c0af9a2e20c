// On a phone each menu is a line that scrolls: what is open is in sight. The page itself stays where it is.
for (const here of document.querySelectorAll("nav [aria-current]")) {
  const line = here.closest("ul, nav");
  const [outer, inner] = [line, here].map((part) => part.getBoundingClientRect());
  line.scrollLeft += inner.left + inner.width / 2 - outer.left - outer.width / 2;
}
