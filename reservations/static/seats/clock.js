// Time as the server has it: the difference to this machine's clock is taken from each answer that says when it was given.
let ahead = 0;

export function set(now) {
  ahead = Date.parse(now) - Date.now();
}

export function left(until) {
  return Math.max(0, Math.round((Date.parse(until) - Date.now() - ahead) / 1000));
}

export const told = (seconds) => `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
