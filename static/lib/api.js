// HTTP to the hub: JSON in, JSON out, refusals as errors with the hub's own code.

import { observe } from "./clock.js";

export class Refused extends Error {
  constructor({ code = "INTERNAL", message = "", ...more }) {
    super(message || code);
    this.code = code;
    this.details = more.details;
    this.retryAfterMs = more.retryAfterMs;
  }
}

export async function request(method, path, { body, token } = {}) {
  const answer = await ask(method, path, { body, token, accept: "application/json" });
  return answer.json().catch(() => null);
}

// What is no JSON, such as a table for a spreadsheet; returns the Response.
export async function ask(method, path, { body, token, accept }) {
  const headers = { Accept: accept };
  const plain = body === undefined || body instanceof Blob;
  if (!plain) headers["Content-Type"] = "application/json";
  if (token) headers.Authorization = `Bearer ${token}`;
  let answer;
  try {
    answer = await fetch(path, { method, headers, body: plain ? body : JSON.stringify(body) });
  } catch {
    throw new Refused({ code: "OFFLINE" });
  }
  observe(Date.parse(answer.headers.get("date")));
  if (answer.ok) return answer;
  const data = await answer.json().catch(() => null);
  throw new Refused(data?.error ?? { code: byStatus(answer.status) });
}

export const get = (path, token) => request("GET", path, { token });
export const post = (path, body = {}, token = undefined) => request("POST", path, { body, token });

// What stands between us and the hub (a proxy) answers without the hub's codes.
function byStatus(status) {
  if (status === 404) return "NOT_FOUND";
  if (status === 401) return "UNAUTHORIZED";
  return status >= 500 ? "UNAVAILABLE" : "INTERNAL";
}
