// What the page says of its own connection: nothing for 5 s, then how old the picture is.

import { useEffect, useState } from "preact/hooks";
import { timeToTheSecond } from "../lib/format.js";
import { t } from "../lib/i18n.js";
import { html, Icon } from "../lib/ui.js";

const TELL_AFTER = 5_000;
const ALARM_AFTER = 30_000;

// alarm() is called once when the loss gets serious.
export function Banner({ link, what, alarm }) {
  const [, tick] = useState(0);
  const since = link.lostAt.value;
  const away = since === null ? 0 : Date.now() - since;
  const serious = away >= ALARM_AFTER;
  useEffect(() => {
    if (since === null) return undefined;
    const timer = setInterval(() => tick((count) => count + 1), 500);
    return () => clearInterval(timer);
  }, [since]);
  useEffect(() => {
    if (serious) alarm?.();
  }, [serious]);
  const told = away >= TELL_AFTER;
  return html`
    <div class="banner-place" role="status" aria-live="polite">
      ${told &&
      html`<div class=${`banner ${serious ? "serious" : ""}`}>
        <${Icon} name="warn" />
        <span>
          <strong>${t("offline.title")}</strong>
          ${" "}${t(what, { time: timeToTheSecond(link.heardAt()) })}
          ${link.pending.value > 0 ? ` ${t("offline.kept", { count: link.pending.value })}` : ""}
        </span>
      </div>`}
    </div>
  `;
}

// A dot and a word: connected or not is never told by colour alone.
export function LinkDot({ link }) {
  const live = link.status.value === "live";
  const word = t(live ? "link.live" : "link.lost");
  return html`<span class=${`link-dot ${live ? "live" : "lost"}`} title=${word}>
    <span class="dot"></span><span class="link-word">${word}</span>
  </span>`;
}
