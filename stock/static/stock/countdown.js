// Counts down to a moment of the server's clock; at its end the page is loaded again and says what is true then.
const clock = document.querySelector("[data-until]");
if (clock) {
  const ahead = Date.parse(clock.dataset.now) - Date.now();
  const said = document.getElementById("countdown-said");
  const tick = () => {
    const left = Math.max(0, Math.round((Date.parse(clock.dataset.until) - Date.now() - ahead) / 1000));
    clock.textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
    if (left % 60 === 0 && said) said.textContent = `${left / 60} minutes left`;
    if (left > 0) setTimeout(tick, 500);
    else setTimeout(() => location.reload(), 1000);
  };
  tick();
}
