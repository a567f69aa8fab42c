// Small things this browser remembers, or only this tab. Private windows may refuse to: then
// nothing is remembered.

export function recall(key, kept = localStorage) {
  try {
    return JSON.parse(kept.getItem(key));
  } catch {
    return null;
  }
}

export function remember(key, value, kept = localStorage) {
  try {
    kept.setItem(key, JSON.stringify(value));
  } catch {
    // full, or not allowed: the page works without it
  }
}

export function forget(key) {
  try {
    localStorage.removeItem(key);
  } catch {
    // as above
  }
}
