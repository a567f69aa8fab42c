// What was said, as one reader sees it.

import { useEffect, useRef } from "preact/hooks";
import { list } from "../../lib/format.js";
import { nameOf, t } from "../../lib/i18n.js";
import { html, Icon } from "../../lib/ui.js";
import { allergenName } from "../../parts/dish.js";
import * as aloud from "./aloud.js";
import { faces, messages, shown } from "./talk.js";
import { who } from "./who.js";

export function Said({ language, few = 0 }) {
  const end = useRef(null);
  const all = messages.value.slice(-few);
  useEffect(() => end.current?.scrollIntoView({ block: "nearest" }), [all.length, all.at(-1)?.pending]);
  return html`
    <div class="said" role="log" aria-label=${t("talk.log")} tabindex="0">
      ${all.length === 0 && html`<p class="said-none">${t("talk.none")}</p>`}
      ${all.map((each) => html`<${Message} key=${each.id} message=${each} language=${language} />`)}
      <div ref=${end} class="said-end"></div>
    </div>
  `;
}

function Message({ message, language }) {
  const { text, translated, own } = shown(message, language);
  const mine = faces.value ? own : message.speaker.id === who.value.id;
  const speaker = mine ? t("you") : message.speaker.name || t(`talk.${side(message)}`);
  return html`
    <article class=${`message ${mine ? "mine" : ""}`} aria-label=${speaker} data-message=${message.id}>
      <p class="message-who">
        ${speaker} · <span lang=${message.language}>${nameOf(message.language)}</span>
      </p>
      <p class="message-text" dir="auto" lang=${translated || own ? language : message.language}>${text}</p>
      ${translated && html`<p class="message-said" dir="auto" lang=${message.language}>${message.text}</p>`}
      <${Mark} message=${message} translated=${translated} own=${own} />
      ${(translated || own) &&
      !message.pending &&
      html`<button
        class=${`icon-button message-play ${aloud.playing.value === message.id ? "on" : ""}`}
        aria-label=${t("talk.readOut")}
        onClick=${() => aloud.say(message, language)}
      >
        <${Icon} name="sound" />
      </button>`}
    </article>
  `;
}

const side = (message) => (message.speaker.role === "guest" ? "guest" : "staff");

// Where the words come from, or why they are still those that were said.
function Mark({ message, translated, own }) {
  if (message.allergy || message.allergens.length > 0) {
    const names = message.allergens.map(allergenName);
    return html`<p class="message-warn">
      <${Icon} name="warn" />
      <span>${names.length ? t("note.mentions", { list: list(names) }) : t("talk.allergy")}</span>
    </p>`;
  }
  if (own) return null;
  if (message.pending) return html`<p class="message-mark">${t("talk.translating")}</p>`;
  return html`<p class="message-mark">${t(translated ? "note.machine" : "talk.untranslated")}</p>`;
}
