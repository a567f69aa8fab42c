// The bump bar, and any keyboard: what each key does to the ticket selected.

import { useLayoutEffect } from "preact/hooks";
import { signal } from "@preact/signals";
import { rtl } from "../../lib/i18n.js";
import { recall, remember } from "../../lib/store.js";
import * as board from "./board.js";
import * as steps from "./steps.js";

// actions: select(index), move(step), page(step), allDay(), recall(); ticket() is the one selected.
export function useKeys(actions) {
  // Before the eye sees a new board, the keys belong to it: an undo must know what a bump found.
  useLayoutEffect(() => {
    const onKey = (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || busyElsewhere(event)) return;
      const act = byKey(event.key, actions);
      if (!act) return;
      event.preventDefault();
      act();
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  });
}

// What may be put on other keys of this device; a bump bar may send whatever it likes.
export const DEFAULT = {
  bump: "Enter", start: " ", undo: "Backspace", rush: "p", recall: "r", allDay: "a",
  fullScreen: "f", next: "PageDown", previous: "PageUp",
};
export const keys = signal({ ...DEFAULT, ...recall("kitchen:keys") });

// A key does one thing: what had it before gets the other's.
export function assign(action, key) {
  const other = Object.keys(keys.value).find((each) => keys.value[each] === key);
  const swapped = other ? { [other]: keys.value[action] } : {};
  keys.value = { ...keys.value, ...swapped, [action]: key };
  remember("kitchen:keys", keys.value);
}

const ON_TICKET = {
  bump: steps.bump,
  start: (it) => (it.status === "PENDING" ? steps.accept(it) : steps.start(it)),
  undo: steps.undo,
  rush: steps.rush,
};

function byKey(pressed, actions) {
  const key = pressed.length === 1 ? pressed.toLowerCase() : pressed;
  const action = Object.keys(keys.value).find((each) => keys.value[each] === key);
  const order = actions.ticket();
  if (ON_TICKET[action]) return order && (() => ON_TICKET[action](order));
  if (!action && /^[0-9]$/.test(key)) return () => actions.select(key === "0" ? 9 : Number(key) - 1);
  const column = rtl.value ? -actions.rows() : actions.rows(); // cells to the next one on the right
  return {
    ArrowRight: () => actions.move(column),
    ArrowLeft: () => actions.move(-column),
    ArrowDown: () => actions.move(1),
    ArrowUp: () => actions.move(-1),
    next: () => actions.page(1),
    previous: () => actions.page(-1),
    allDay: actions.allDay,
    recall: actions.recall,
    fullScreen,
  }[action ?? key];
}

export function fullScreen() {
  if (document.fullscreenElement) document.exitFullscreen();
  else document.documentElement.requestFullscreen?.();
}

// A sheet or a field has the keyboard to itself; Enter and Space belong to a focused button.
function busyElsewhere(event) {
  if (document.querySelector("dialog[open]")) return true;
  if (event.target.closest?.("input, textarea, select")) return true;
  return ["Enter", " "].includes(event.key) && Boolean(event.target.closest?.("button, a"));
}
