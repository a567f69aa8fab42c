// The translator: people at a table and those who serve them talk, each in their own language.

import { render } from "preact";
import { useEffect, useState } from "preact/hooks";
import { signal } from "@preact/signals";
import { stayAwake } from "../lib/awake.js";
import { list } from "../lib/format.js";
import { alsoSpeak, lang, nameOf, preferred, speak, t, tIn, TRANSLATED } from "../lib/i18n.js";
import { html, Icon, Toasts } from "../lib/ui.js";
import { Banner } from "../parts/banner.js";
import { LanguageButton } from "../parts/languages.js";
import * as aloud from "./translator/aloud.js";
import { Hold } from "./translator/hold.js";
import { Confirm } from "./translator/order.js";
import { Said } from "./translator/said.js";
import { partial, speaking, unsure } from "./translator/speech.js";
import * as talk from "./translator/talk.js";
import { find, who } from "./translator/who.js";

const state = signal("opens"); // opens, talks, nobody, failed
const ordering = signal(false);

async function boot() {
  alsoSpeak("translator");
  await speak(preferred());
  render(html`<${App} />`, document.getElementById("app"));
  await open();
}

async function open() {
  try {
    if (!(await find())) {
      state.value = "nobody";
      return;
    }
    document.title = `${t("talk.title")} · ${t("table", { number: who.value.table })}`;
    await talk.start();
    stayAwake();
    state.value = "talks";
  } catch (error) {
    state.value = error.code === "OFFLINE" ? "failed" : "nobody";
  }
}

function App() {
  if (state.value === "talks" && !talk.ended.value) return html`<${Talk} />`;
  const key = { opens: "loading", failed: "fail.offline", nobody: "talk.nobody" }[state.value] ?? "goodbye.title";
  return html`<main class="quiet-page" aria-busy=${state.value === "opens"}>
    <div class="quiet-mark"><${Icon} name="talk" /></div>
    <h1>${t(key)}</h1>
    ${state.value === "nobody" && html`<p>${t("talk.nobodyText")}</p>`}
    ${state.value === "failed" &&
    html`<button class="button primary" onClick=${open}>${t("tryAgain")}</button>`}
  </main>`;
}

function Talk() {
  const faces = talk.faces.value;
  return html`
    <${Banner} link=${talk.link} what="offline.guest" />
    <div class=${`talk ${faces ? "two" : ""}`}>
      ${faces && html`<${Half} language=${opposite()} />`}
      ${!faces && html`<${Head} />`}
      <main class="talk-main" id="main">
        <h1 class="hidden">${t("talk.title")}</h1>
        ${!faces && html`<${There} />`}
        <${Said} language=${lang.value} few=${faces ? 3 : 0} />
      </main>
      <${Foot} faces=${faces} />
    </div>
    <${Confirm} />
    <${Toasts} />
  `;
}

function Head() {
  return html`
    <header class="talk-head">
      <a class="icon-button" href=${who.value.back} aria-label=${t("talk.back")}><${Icon} name="back" /></a>
      <p class="grow"><strong>${t("table", { number: who.value.table })}</strong></p>
      <${AloudButton} />
      <button class="icon-button" aria-label=${t("talk.faces")} onClick=${() => turnRound(true)}>
        <${Icon} name="faces" />
      </button>
      <${LanguageButton} onChange=${talk.readIn} />
    </header>
  `;
}

// Whether anybody is there to answer. Words that nobody hears are worse than none.
function There() {
  const guest = who.value.kind === "guest";
  const sides = talk.others.value?.filter(({ role }) => guest === (role !== "guest"));
  if (!sides) return null;
  const names = sides.map(({ name, role }) => name || t(role === "guest" ? "talk.guest" : "talk.staff"));
  if (names.length) {
    return html`<p class="talk-there" role="status">${t("talk.here", { name: list(names) })}</p>`;
  }
  return html`<div class="talk-there alone">
    <p role="status">${t(`talk.alone.${guest ? "guest" : "waiter"}`)}</p>
    ${guest
      ? html`<button class="button" onClick=${talk.call}>
          <${Icon} name="bell" /> ${t("service.call")}
        </button>`
      : html`<button class="button" onClick=${() => turnRound(true)}>
          <${Icon} name="faces" /> ${t("talk.faces")}
        </button>`}
  </div>`;
}

function AloudButton() {
  const on = aloud.on.value;
  return html`<button
    class="icon-button"
    aria-label=${t("talk.aloud")}
    aria-pressed=${on}
    onClick=${aloud.toggle}
  >
    <${Icon} name=${on ? "sound" : "mute"} />
  </button>`;
}

const opposite = () => talk.other.value ?? TRANSLATED.find((code) => code !== lang.value);

function turnRound(on) {
  if (on && talk.other.value === null) talk.chooseOther(opposite());
  talk.turnRound(on);
}

// The upper half of one phone, for who sits opposite.
function Half({ language }) {
  return html`<section class="half" aria-label=${nameOf(language)}>
    <${Said} language=${language} few=${3} />
    <p class="so-far" dir="auto">${soFar(language)}</p>
    <div class="talk-acts">
      <label class="field half-language">
        <span class="hidden">${t("language")}</span>
        <select value=${language} onChange=${(event) => talk.chooseOther(event.currentTarget.value)}>
          ${TRANSLATED.filter((code) => code !== lang.value).map(
            (code) => html`<option value=${code} lang=${code} selected=${code === language}>${nameOf(code)}</option>`,
          )}
        </select>
      </label>
      <${Hold} language=${language} small />
    </div>
  </section>`;
}

function Foot({ faces }) {
  return html`<footer class="talk-foot">
    <p class="so-far" role="status" dir="auto">${soFar(lang.value)}</p>
    ${!faces && html`<${Typing} />`}
    <div class="talk-acts">
      ${faces
        ? html`<button class="button" onClick=${() => turnRound(false)}>${t("talk.facesOff")}</button>`
        : who.value.kind === "guest" && html`<${Purpose} />`}
      <${Hold} order=${ordering.value && !faces} small=${faces} />
    </div>
  </footer>`;
}

// What is understood so far shows on the side of who speaks.
function soFar(language) {
  const now = speaking.value;
  if (now?.language !== language) return "";
  return partial.value || tIn(language, now.state === "thinks" ? "talk.thinks" : "talk.listens");
}

function Purpose() {
  const one = (order, key) => html`<button
    class="chip"
    aria-pressed=${ordering.value === order}
    onClick=${() => {
      ordering.value = order;
    }}
  >
    ${t(key)}
  </button>`;
  return html`<div class="chips" role="group" aria-label=${t("talk.purpose")}>
    ${one(false, "talk.talk")} ${one(true, "talk.order")}
  </div>`;
}

// What was not surely understood comes here to be looked at.
function Typing() {
  const [text, setText] = useState("");
  useEffect(() => {
    if (!unsure.value) return;
    setText(unsure.value.text);
    unsure.value = null;
  }, [unsure.value]);
  const send = async (event) => {
    event.preventDefault();
    aloud.wake();
    const whole = text.trim();
    if (whole && (await talk.say(whole))) setText("");
  };
  return html`<form class="typing" onSubmit=${send}>
    <input
      aria-label=${t("talk.type")}
      placeholder=${t("talk.type")}
      maxlength="500"
      autocomplete="off"
      dir="auto"
      value=${text}
      onInput=${(event) => setText(event.currentTarget.value)}
    />
    <button class="icon-button send" aria-label=${t("talk.send")} disabled=${!text.trim()}>
      <${Icon} name="send" />
    </button>
  </form>`;
}

boot();
