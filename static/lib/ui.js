// The parts every page is built from.

import { h } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { signal } from "@preact/signals";
import htm from "htm";
import { t } from "./i18n.js";

export const html = htm.bind(h);

const sheets = signal([]); // those that are open, the foremost last

// A sheet that rises from the bottom of a phone, and stands in the middle of a desk's screen.
export function Sheet({ title, subtitle, onClose, footer, children, kind = "" }) {
  const ref = useRef(null);
  useEffect(() => {
    const dialog = ref.current;
    if (!dialog.open) dialog.showModal();
    sheets.value = [...sheets.value, ref];
    return () => {
      sheets.value = sheets.value.filter((each) => each !== ref);
      dialog.close();
    };
  }, []);
  const outside = (event) => event.target === ref.current && onClose();
  return html`
    <dialog
      ref=${ref}
      class=${`sheet ${kind}`}
      aria-label=${title}
      onCancel=${(event) => {
        event.preventDefault();
        onClose();
      }}
      onClick=${outside}
    >
      <div class="sheet-body">
        <div class="sheet-head">
          <div>
            <h2>${title}</h2>
            ${subtitle && html`<p class="muted">${subtitle}</p>`}
          </div>
          <button class="icon-button" aria-label=${t("close")} onClick=${onClose}>
            <${Icon} name="close" />
          </button>
        </div>
        <div class="sheet-scroll">${children}</div>
        ${footer && html`<div class="sheet-foot">${footer}</div>`}
      </div>
      <${Messages} shown=${sheets.value.at(-1) === ref} />
    </dialog>
  `;
}

const PATHS = {
  close: "M6 6l12 12M18 6L6 18",
  plus: "M12 5v14M5 12h14",
  minus: "M5 12h14",
  bell: "M6 16V11a6 6 0 0 1 12 0v5l2 2H4zM10 21h4",
  bill: "M6 3h12v18l-3-2-3 2-3-2-3 2zM9 8h6M9 12h6",
  globe: "M12 3a9 9 0 1 0 0 18a9 9 0 0 0 0-18zM3 12h18M12 3c3 3 3 15 0 18M12 3c-3 3-3 15 0 18",
  check: "M4 12.5l5 5L20 6.5",
  undo: "M9 7L4 12l5 5M4 12h10a6 6 0 0 1 0 12",
  clock: "M12 3a9 9 0 1 0 0 18a9 9 0 0 0 0-18zM12 7v5l3 3",
  hourglass: "M7 3h10M7 21h10M8 3c0 5 8 6 8 9s-8 4-8 9M16 3c0 5-8 6-8 9s8 4 8 9",
  flame: "M12 3c1 4 6 6 6 11a6 6 0 0 1-12 0c0-3 2-4 2-7c2 1 3 2 3 4c1-2 1-5 1-8z",
  more: "M5 12h.01M12 12h.01M19 12h.01",
  search: "M11 4a7 7 0 1 0 0 14a7 7 0 0 0 0-14zM16 16l5 5",
  table: "M3 9h18M5 9v10M19 9v10M5 5h14l2 4H3z",
  water: "M12 3c4 5 6 8 6 11a6 6 0 0 1-12 0c0-3 2-6 6-11z",
  sound: "M4 9v6h4l5 4V5L8 9zM17 8a6 6 0 0 1 0 8",
  mute: "M4 9v6h4l5 4V5L8 9zM17 9l5 6M22 9l-5 6",
  list: "M8 6h12M8 12h12M8 18h12M4 6h.01M4 12h.01M4 18h.01",
  gear: "M4 7h10M18 7h2M4 17h2M10 17h10M16 5v4M8 15v4",
  filter: "M4 6h16M7 12h10M10 18h4",
  user: "M12 4a4 4 0 1 0 0 8a4 4 0 0 0 0-8zM4 21c0-5 4-7 8-7s8 2 8 7",
  out: "M10 4H5v16h5M14 8l4 4-4 4M18 12H9",
  note: "M4 20l1-5L16 4l4 4L9 19z",
  warn: "M12 4l9 16H3zM12 10v4M12 17h.01",
  chart: "M4 20V10M10 20V4M16 20v-8M22 20H2",
  screen: "M3 5h18v11H3zM8 20h8M12 16v4",
  photo: "M3 6h5l2-2h4l2 2h5v13H3zM12 9a4 4 0 1 0 0 8a4 4 0 0 0 0-8z",
  up: "M6 15l6-6 6 6",
  down: "M6 9l6 6 6-6",
  print: "M7 8V3h10v5M5 8h14v9h-3v4H8v-4H5z",
  fork: "M7 3v6a2.5 2.5 0 0 0 5 0V3M9.5 11.5V21M17 21V3c-2 1-3 4-3 7v3h3",
  wipe: "M4 20h16M6 16l9-9 3 3-9 9H6zM13 9l3 3",
  contrast: "M12 3a9 9 0 1 0 0 18zM12 3a9 9 0 0 1 0 18",
  mic: "M12 3a3 3 0 0 0-3 3v5a3 3 0 0 0 6 0V6a3 3 0 0 0-3-3zM6 11a6 6 0 0 0 12 0M12 17v4M9 21h6",
  send: "M5 12h14M13 6l6 6-6 6",
  talk: "M4 5h16v11H10l-4 4v-4H4z",
  faces: "M8 20V5M4 9l4-4 4 4M16 4v15M12 15l4 4 4-4",
  back: "M15 5l-7 7 7 7",
  copy: "M9 9h11v11H9zM5 15H4V4h11v1",
  full: "M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5",
};

export function Icon({ name, ...place }) {
  return html`<svg class=${`icon icon-${name}`} viewBox="0 0 24 24" aria-hidden="true" ...${place}>
    <path d=${PATHS[name]} />
  </svg>`;
}

export function Stepper({ value, min = 1, max = 99, onChange, label }) {
  return html`
    <div class="stepper" role="group" aria-label=${label ?? t("quantity")}>
      <button aria-label=${t("fewer")} disabled=${value <= min} onClick=${() => onChange(value - 1)}>
        <${Icon} name="minus" />
      </button>
      <output aria-live="polite">${value}</output>
      <button aria-label=${t("more")} disabled=${value >= max} onClick=${() => onChange(value + 1)}>
        <${Icon} name="plus" />
      </button>
    </div>
  `;
}

// Who added a line of the shared cart: initials, in a colour that stays theirs.
export function Initials({ id, name }) {
  const letters = name
    .split(/\s+/)
    .map((word) => Array.from(word)[0] ?? "")
    .slice(0, 2)
    .join("");
  const tone = Array.from(id).reduce((sum, letter) => sum + letter.codePointAt(0), 0) % 6;
  return html`<span class=${`initials tone-${tone}`} title=${name} aria-label=${name}>
    ${letters || "?"}
  </span>`;
}

const toasts = signal([]);
let toastCount = 0;

// Say something for a moment; with an action it can be taken back meanwhile.
export function toast(text, { kind = "", action, onAction, ms = 5000 } = {}) {
  const entry = { id: ++toastCount, text, kind, action, onAction };
  toasts.value = [...toasts.value.slice(-2), entry];
  setTimeout(() => dismiss(entry.id), ms);
  return () => dismiss(entry.id);
}

function dismiss(id) {
  toasts.value = toasts.value.filter((entry) => entry.id !== id);
}

// A modal sheet covers what is behind it, and screen readers do not hear of that: so whatever is
// said is said in the foremost sheet, and on the page itself when none is open.
export function Toasts() {
  return html`<${Messages} shown=${sheets.value.length === 0} />`;
}

function Messages({ shown }) {
  const act = (entry) => () => {
    dismiss(entry.id);
    entry.onAction();
  };
  return html`
    <div class="toasts" role="status" aria-live="polite">
      ${(shown ? toasts.value : []).map(
        (entry) => html`
          <div key=${entry.id} class=${`toast ${entry.kind}`}>
            <span>${entry.text}</span>
            ${entry.action &&
            html`<button class="toast-action" onClick=${act(entry)}>${entry.action}</button>`}
          </div>
        `,
      )}
    </div>
  `;
}

// Tell what went wrong in the reader's language, where we have the words for it.
export function complain(error) {
  const key = `error.${error.code}`;
  const known = t(key);
  toast(known === key ? error.message : known, { kind: "bad" });
}
