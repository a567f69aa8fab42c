// Small things this browser remembers. Private windows may refuse to: then nothing is remembered.

export function recall(key) {
  try {
    return JSON.parse(localStorage.getItem(key));
  } catch {
    return null;
  }
}

export function remember(key, value) {
  try {
    localStorage.setItem(key, JSON.stringify(value));
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
