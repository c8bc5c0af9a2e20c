// Reads a ticket's code without a network: base32, Ed25519 by WebCrypto. The layout is in docs/reference/tickets.md.
const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const CLAIM = 29, SIGNED = 149;

export const tidy = (code) => code.toUpperCase().replace(/[^A-Z0-9]/g, "");
export const isSigned = (code) => tidy(code).length === SIGNED;

export function bytesOf(code) {
  const bytes = [];
  let kept = 0, bits = 0;
  for (const letter of tidy(code)) {
    const value = LETTERS.indexOf(letter);
    if (value < 0) return null;
    kept = ((kept << 5) | value) & 0xfff;
    bits += 5;
    if (bits >= 8) { bits -= 8; bytes.push((kept >> bits) & 0xff); }
  }
  return new Uint8Array(bytes);
}

const hex = (bytes) => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
const dashed = (word) => [word.slice(0, 8), word.slice(8, 12), word.slice(12, 16), word.slice(16, 20), word.slice(20)].join("-");

// {ticket, show, proven}: proven is false where this browser can't check signatures; null for what is no code of ours.
export async function read(code, keys) {
  const raw = bytesOf(code);
  if (!raw || raw.length !== CLAIM + 64 || raw[0] !== 1) return null;
  const key = keys[hex(raw.slice(1, 5))];
  if (!key) return null;
  const claim = { ticket: dashed(hex(raw.slice(5, 21))), show: Number(new DataView(raw.buffer).getBigUint64(21)) };
  try {
    const bytes = Uint8Array.from(atob(key), (letter) => letter.charCodeAt(0));
    const opened = await crypto.subtle.importKey("raw", bytes, { name: "Ed25519" }, false, ["verify"]);
    const good = await crypto.subtle.verify({ name: "Ed25519" }, opened, raw.slice(CLAIM), raw.slice(0, CLAIM));
    return good ? { ...claim, proven: true } : null;
  } catch {
    return { ...claim, proven: false };
  }
}
