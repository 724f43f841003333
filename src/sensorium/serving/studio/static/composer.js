// Where a question is made: words, files from everywhere, and what it will cost.

import { json } from "./api.js";
import { camera, microphone, possible } from "./capture.js";
import { $, el, iconButton } from "./dom.js";
import { asPart, get, messages, read, thumbnail, title } from "./media.js";
import { seconds } from "./pace.js";
import { ask, busy, stop, talk } from "./thread.js";
import { view } from "./viewer.js";
import { t } from "./words.js";

const PAUSE = 700;
let media = [];
let editing = null;
let counting = null;
let page = {};

/** Connects everything; `given` is { model(), pages, fault(error) }. */
export function connect(given) {
  page = given;
  $("composer").addEventListener("submit", (event) => { event.preventDefault(); send(); });
  $("words").addEventListener("input", changed);
  $("words").addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    send();
  });
  $("stop").addEventListener("click", stop);
  $("stop-editing").addEventListener("click", () => { stopEditing(); clear(); });
  $("attach").addEventListener("click", () => $("files").click());
  $("files").addEventListener("change", async () => { await addFiles([...$("files").files]); $("files").value = ""; });
  document.addEventListener("paste", (event) => {
    if (!event.clipboardData.files.length) return;
    event.preventDefault();
    addFiles([...event.clipboardData.files]);
  });
  for (const [id, use] of [["microphone", microphone], ["camera", camera]]) {
    $(id).disabled = !possible();
    if (!possible()) $(id).title = t("noHttps");
    $(id).addEventListener("click", () => use(add).catch(() => page.fault(new Error(t("noDevice")))));
  }
  dropping();
}

function dropping() {
  let depth = 0;
  const show = (change) => { depth = Math.max(depth + change, 0); $("drop").hidden = depth === 0; };
  const files = (event) => event.dataTransfer?.types.includes("Files");
  document.addEventListener("dragenter", (event) => files(event) && show(1));
  document.addEventListener("dragleave", (event) => files(event) && show(-1));
  document.addEventListener("dragover", (event) => files(event) && event.preventDefault());
  document.addEventListener("drop", (event) => {
    if (!files(event)) return;
    event.preventDefault();
    show(-Infinity);
    addFiles([...event.dataTransfer.files]);
  });
}

/** Attaches files; what cannot be is told. */
export async function addFiles(files) {
  for (const file of files) {
    try {
      const found = await read(file, page.pages);
      add(found);
      const { left, count } = found.at(-1);
      if (left) page.fault(new Error(t("pagesLeft", count - left, count)));
    } catch (error) {
      page.fault(error);
    }
  }
}

/** Attaches media. */
export function add(found) {
  media.push(...found);
  draw();
  $("words").focus();
}

/** Takes an earlier question up again. */
export async function edit(index) {
  const { parts } = talk.turns[index];
  editing = index;
  media = await Promise.all(parts.filter(({ kind }) => kind !== "text").map((part) => get(talk.id, part)));
  $("words").value = parts.filter(({ kind }) => kind === "text").map(({ text }) => text).join("\n");
  $("editing").hidden = false;
  draw();
  $("words").focus();
}

function stopEditing() {
  editing = null;
  $("editing").hidden = true;
}

function clear() {
  media = [];
  $("words").value = "";
  draw();
}

/** Forgets what was being written: another talk is shown. */
export function reset() {
  stopEditing();
  clear();
}

function parts() {
  const text = $("words").value.trim();
  return [...media.map(asPart), ...(text ? [{ kind: "text", text }] : [])];
}

async function send() {
  const asked = parts();
  if (busy() || !asked.length || !page.model()) return;
  const [given, from] = [media, editing ?? talk.turns.length];
  reset();
  await ask(asked, given, from);
}

/** Draws what is attached and what may be done. */
export function draw() {
  $("tray").replaceChildren(...media.map((medium) => el("li", {},
    el("button", { type: "button", class: "medium", "aria-label": t("openMedium", title(medium)), title: title(medium), onclick: () => view(medium) }, thumbnail(medium)),
    iconButton("close", t("remove", title(medium)), () => { media = media.filter((each) => each !== medium); draw(); }))));
  changed();
}

function changed() {
  const words = $("words");
  words.style.height = "auto";
  words.style.height = `${Math.min(words.scrollHeight, 200)}px`;
  $("send").hidden = busy();
  $("stop").hidden = !busy();
  $("send").disabled = !parts().length || !page.model();
  clearTimeout(counting);
  $("estimate").textContent = "";
  $("estimate").classList.remove("over");
  if (parts().length && !busy()) counting = setTimeout(estimate, PAUSE);
}

async function estimate() {
  const before = counting;
  $("estimate").textContent = t("estimating");
  const told = await count().catch((error) => ({ text: error.message, over: true }));
  if (counting !== before) return;
  $("estimate").textContent = told.text;
  $("estimate").classList.toggle("over", Boolean(told.over));
}

async function count() {
  const model = page.model();
  const turns = [...talk.turns.slice(0, editing ?? talk.turns.length), { role: "user", parts: parts() }];
  const body = { model, messages: await messages(talk.id, turns) };
  const { tokens, most } = await json("/studio/estimate", { method: "POST", json: body });
  if (tokens >= most) return { text: t("overLimit", tokens, most), over: true };
  const time = seconds(model, tokens);
  return { text: t("estimate", tokens, most) + (time === null ? t("untimed") : t("seconds", time < 10 ? time.toFixed(1) : Math.round(time))) };
}
