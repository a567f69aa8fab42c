// How staff come in: e-mail and password, or a PIN where this screen is paired.

import { useState } from "preact/hooks";
import { t } from "../lib/i18n.js";
import { wake } from "../lib/sound.js";
import { device, drop, place, signIn, signInByPin, user } from "../lib/staff.js";
import { html, Icon } from "../lib/ui.js";
import { LanguageButton } from "./languages.js";

const PIN_LENGTH = 4;

export function SignIn({ title, roles }) {
  const [byPin, setByPin] = useState(Boolean(device.value));
  const who = user.value;
  let body;
  if (who && !roles.includes(who.role)) body = html`<${WrongRole} who=${who} />`;
  else if (who) body = html`<${Places} places=${who.restaurants} />`;
  else if (byPin) body = html`<${Pin} onOther=${() => setByPin(false)} />`;
  else body = html`<${Password} onPin=${device.value && (() => setByPin(true))} />`;
  return html`
    <main class="signin">
      <div class="signin-side" aria-hidden="true"></div>
      <div class="signin-card">
        <div class="signin-top">
          <img src="/static/icons/icon.svg" alt="" width="44" height="44" />
          <${LanguageButton} />
        </div>
        <h1>${title}</h1>
        ${body}
      </div>
    </main>
  `;
}

// Tries something that may be refused, and says so beside the button.
function useAttempt(work) {
  const [state, setState] = useState({ busy: false, error: null });
  const run = async (...args) => {
    setState({ busy: true, error: null });
    wake().catch(() => {}); // this tap is the page's chance to be allowed to make sounds
    try {
      await work(...args);
    } catch (error) {
      setState({ busy: false, error });
    }
  };
  return [state, run];
}

function Password({ onPin }) {
  const [{ busy, error }, enter] = useAttempt(signIn);
  const submit = (event) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    enter(form.get("email").trim(), form.get("password"));
  };
  return html`
    <form class="signin-form" onSubmit=${submit}>
      <label class="field">
        <span>${t("signin.email")}</span>
        <input name="email" type="email" autocomplete="username" required autofocus />
      </label>
      <label class="field">
        <span>${t("signin.password")}</span>
        <input name="password" type="password" autocomplete="current-password" required />
      </label>
      <${Problem} error=${error} />
      <button class="button primary" disabled=${busy}>${t("signin.enter")}</button>
      ${onPin &&
      html`<button type="button" class="link-button" onClick=${onPin}>${t("signin.byPin")}</button>`}
    </form>
  `;
}

function Pin({ onOther }) {
  const [pin, setPin] = useState("");
  const [{ busy, error }, enter] = useAttempt(async (value) => {
    try {
      await signInByPin(value);
    } finally {
      setPin("");
    }
  });
  const press = (digit) => {
    const next = pin + digit;
    setPin(next);
    if (next.length === PIN_LENGTH) enter(next);
  };
  const key = (event) => {
    if (/^\d$/.test(event.key) && !busy) press(event.key);
    if (event.key === "Backspace") setPin(pin.slice(0, -1));
  };
  return html`
    <div class="pin" tabindex="-1" ref=${(node) => node?.focus()} onKeyDown=${key}>
      <p class="muted">${t("signin.pinFor", { place: device.value.place })}</p>
      <p class="pin-dots" role="img" aria-label=${t("signin.pinTyped", { count: pin.length })}>
        ${[0, 1, 2, 3].map((index) => html`<span class=${index < pin.length ? "on" : ""}></span>`)}
      </p>
      <${Problem} error=${error} />
      <div class="pin-keys">
        ${["1", "2", "3", "4", "5", "6", "7", "8", "9"].map(
          (digit) => html`<button disabled=${busy} onClick=${() => press(digit)}>${digit}</button>`,
        )}
        <button class="pin-other" onClick=${onOther} aria-label=${t("signin.byPassword")}>
          <${Icon} name="user" />
        </button>
        <button disabled=${busy} onClick=${() => press("0")}>0</button>
        <button onClick=${() => setPin(pin.slice(0, -1))} aria-label=${t("signin.erase")}>
          <${Icon} name="undo" />
        </button>
      </div>
    </div>
  `;
}

function Places({ places }) {
  return html`<div class="choices">
    <p>${t("signin.where")}</p>
    ${places.map(
      (each) => html`<button
        class="choice"
        onClick=${() => {
          place.value = each;
        }}
      >
        ${each.name}
      </button>`,
    )}
  </div>`;
}

function WrongRole({ who }) {
  return html`<div class="signin-form">
    <p>${t("signin.wrongRole", { name: who.name, role: t(`role.${who.role}`) })}</p>
    <button class="button primary" onClick=${drop}>${t("signin.out")}</button>
  </div>`;
}

function Problem({ error }) {
  const key = `error.${error?.code}`;
  const known = t(key);
  return html`<p class="problem" role="alert">
    ${error && (known === key ? error.message : known)}
  </p>`;
}
