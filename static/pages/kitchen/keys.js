// The bump bar, and any keyboard: what each key does to the ticket selected.

import { useEffect } from "preact/hooks";
import * as board from "./board.js";

// actions: select(index), move(step), page(step), allDay(), recall(); ticket() is the one selected.
export function useKeys(actions) {
  useEffect(() => {
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

function byKey(key, actions) {
  if (/^[0-9]$/.test(key)) return () => actions.select(key === "0" ? 9 : Number(key) - 1);
  const order = actions.ticket();
  const onTicket = {
    Enter: board.bump,
    " ": (it) => (it.status === "PENDING" ? board.accept(it) : board.start(it)),
    Backspace: board.undo,
    p: board.rush,
  };
  if (onTicket[key]) return order && (() => onTicket[key](order));
  return {
    ArrowRight: () => actions.move(actions.rows()),
    ArrowLeft: () => actions.move(-actions.rows()),
    ArrowDown: () => actions.move(1),
    ArrowUp: () => actions.move(-1),
    PageDown: () => actions.page(1),
    PageUp: () => actions.page(-1),
    a: actions.allDay,
    r: actions.recall,
    f: fullScreen,
  }[key];
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
