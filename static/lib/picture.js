// The last picture of a page, kept on the device: drawn at once when the page is opened again.

import { effect } from "@preact/signals-core";
import { keepPicture } from "./keep.js";

const EVERY = 2_000; // ms; what is younger than the copy comes again from the hub

// take() reads signals and returns the picture; whenever they change it is kept, soon.
export function keepPictures(key, take) {
  let timer = null;
  let due = false;
  const write = () => {
    clearTimeout(timer);
    timer = null;
    if (!due) return;
    due = false;
    keepPicture(key, { ...take(), at: Date.now() });
  };
  const stop = effect(() => {
    take();
    due = true;
    timer ??= setTimeout(write, EVERY);
  });
  const hidden = () => document.visibilityState === "hidden" && write();
  document.addEventListener("visibilitychange", hidden);
  addEventListener("pagehide", write);
  return () => {
    stop();
    clearTimeout(timer);
    document.removeEventListener("visibilitychange", hidden);
    removeEventListener("pagehide", write);
  };
}
