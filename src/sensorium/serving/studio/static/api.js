// Requests to this server, with the key where it wants one, and answers as they come.

import { $, opened } from "./dom.js";

const KEY = "sensorium.key";
let asking = null;

/** A refusal of the server, with its own words. */
export class Refused extends Error {
  constructor(message, status) {
    super(message);
    this.status = status;
  }
}

/** A response that is no refusal; asks for a key where one is needed. */
export async function request(path, { method = "GET", json, body, type, signal } = {}) {
  for (;;) {
    const key = sessionStorage.getItem(KEY);
    const headers = key ? { authorization: `Bearer ${key}` } : {};
    if (json !== undefined) headers["content-type"] = "application/json";
    else if (type) headers["content-type"] = type;
    const sent = json === undefined ? body : JSON.stringify(json);
    const response = await fetch(path, { method, headers, body: sent, signal, cache: "no-store", referrerPolicy: "no-referrer" });
    if (response.ok) return response;
    if (response.status !== 401) throw new Refused(await told(response), response.status);
    if (key === sessionStorage.getItem(KEY)) await askKey();
  }
}

export async function json(path, options) {
  return (await request(path, options)).json();
}

async function told(response) {
  try {
    return (await response.json()).error.message;
  } catch {
    return `HTTP ${response.status}`;
  }
}

function askKey() {
  sessionStorage.removeItem(KEY);
  asking ??= (async () => {
    $("key").value = "";
    while ((await opened($("ask-key"))) !== "yes" || !$("key").value.trim());
    sessionStorage.setItem(KEY, $("key").value.trim());
    asking = null;
  })();
  return asking;
}

/** The events of a streamed answer, each an object. */
export async function* events(path, body, signal) {
  const response = await request(path, { method: "POST", json: body, signal });
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const lines = (rest + value).split("\n");
    rest = lines.pop();
    for (const line of lines) {
      if (!line.startsWith("data: ") || line === "data: [DONE]") continue;
      const event = JSON.parse(line.slice(6));
      if (event.error) throw new Refused(event.error.message, 500);
      yield event;
    }
  }
}
