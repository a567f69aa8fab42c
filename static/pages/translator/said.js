// What was said, as one reader sees it.

import { useEffect, useRef } from "preact/hooks";
import { nameOf, tIn } from "../../lib/i18n.js";
import { html, Icon } from "../../lib/ui.js";
import * as aloud from "./aloud.js";
import { faces, messages, shown } from "./talk.js";
import { who } from "./who.js";

export function Said({ language, few = 0 }) {
  const box = useRef(null);
  const all = messages.value.slice(-few);
  useEffect(() => {
    box.current.scrollTop = box.current.scrollHeight;
  }, [all.length, all.at(-1)]);
  return html`
    <div ref=${box} class="said" role="log" aria-label=${tIn(language, "talk.log")} tabindex="0">
      ${all.length === 0 && html`<p class="said-none">${tIn(language, "talk.none")}</p>`}
      ${all.map((each) => html`<${Message} key=${each.id} message=${each} language=${language} />`)}
    </div>
  `;
}

function Message({ message, language }) {
  const { text, translated, own } = shown(message, language);
  const mine = faces.value ? own : message.speaker.id === who.value.id;
  const speaker = mine ? tIn(language, "you") : named(message, language);
  return html`
    <article class=${`message ${mine ? "mine" : ""}`} aria-label=${speaker} data-message=${message.id}>
      <p class="message-who">
        ${speaker} · <span lang=${message.language}>${nameOf(message.language)}</span>
      </p>
      <p class="message-text" dir="auto" lang=${translated || own ? language : message.language}>${text}</p>
      ${translated && html`<p class="message-said" dir="auto" lang=${message.language}>${message.text}</p>`}
      <${Mark} message=${message} translated=${translated} own=${own} language=${language} />
      ${(translated || own) &&
      !message.pending &&
      html`<button
        class=${`icon-button message-play ${aloud.playing.value === message.id ? "on" : ""}`}
        aria-label=${tIn(language, "talk.readOut")}
        onClick=${() => aloud.say(message, language)}
      >
        <${Icon} name="sound" />
      </button>`}
    </article>
  `;
}

// On a phone that two look at, both speak as its owner.
function named(message, language) {
  const side = message.speaker.role === "guest" ? "talk.guest" : "talk.staff";
  return (message.speaker.id !== who.value.id && message.speaker.name) || tIn(language, side);
}

// Where the words come from, or why they are still those that were said: to each in their own.
function Mark({ message, translated, own, language }) {
  const words = (key, values) => tIn(language, key, values);
  if (message.allergy || message.allergens.length > 0) {
    const names = message.allergens.map((each) => words(`allergen.${each}`)).join(", ");
    const named = own ? "note.mentions" : "note.untranslated";
    const plain = own ? "kitchen.allergy" : "talk.allergy";
    return html`<p class="message-warn">
      <${Icon} name="warn" />
      <span>${names ? words(named, { list: names }) : words(plain)}</span>
    </p>`;
  }
  if (own) return null;
  if (message.pending) return html`<p class="message-mark">${words("talk.translating")}</p>`;
  return html`<p class="message-mark">
    ${words(translated ? "note.machine" : "talk.untranslated")}
    ${translated && message.sandbox && html` <span class="tag warn">${words("sandbox")}</span>`}
  </p>`;
}
