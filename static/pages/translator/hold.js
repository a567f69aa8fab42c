// The button to speak: hold it, or tap it and tap again; with a keyboard likewise.

import { useRef } from "preact/hooks";
import { lang, nameOf, tIn } from "../../lib/i18n.js";
import { html, Icon } from "../../lib/ui.js";
import { wake } from "./aloud.js";
import * as speech from "./speech.js";

const TAP_MS = 350; // who lets go sooner has tapped, and will tap again

export function Hold({ language = lang.value, order = false, small = false }) {
  const pressed = useRef(0);
  const now = speech.speaking.value;
  const mine = now && now.language === language;
  const busy = now && (!mine || now.state === "thinks");
  const down = (event) => {
    event.preventDefault();
    wake();
    if (busy) return;
    if (mine) return speech.end();
    pressed.current = performance.now();
    speech.begin({ language, order });
  };
  const up = () => {
    const held = performance.now() - pressed.current;
    if (pressed.current && held > TAP_MS) speech.end();
    pressed.current = 0;
  };
  const key = (event, act) => {
    if ((event.key === " " || event.key === "Enter") && !event.repeat) act(event);
  };
  const state = mine ? now.state : "idle";
  return html`
    <button
      class=${`hold ${small ? "small" : ""} ${state}`}
      style=${mine ? { "--level": speech.level.value } : {}}
      aria-pressed=${Boolean(mine)}
      aria-disabled=${Boolean(busy)}
      aria-label=${`${tIn(language, mine ? "talk.stop" : "talk.hold")} (${nameOf(language)})`}
      onPointerDown=${down}
      onPointerUp=${up}
      onPointerCancel=${up}
      onKeyDown=${(event) => key(event, down)}
      onKeyUp=${(event) => key(event, up)}
      onContextMenu=${(event) => event.preventDefault()}
    >
      <${Icon} name="mic" />
    </button>
  `;
}
