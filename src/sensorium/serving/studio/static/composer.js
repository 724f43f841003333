// Where a question is made: words, files from everywhere, and what it will cost.

import { json } from "./api.js";
import { camera, microphone, possible } from "./capture.js";
import { $, el, iconButton } from "./dom.js";
import { lead } from "./faults.js";
import { accept, refusal, takes } from "./fit.js";
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

/** Connects everything; `given` is { model(), card(), pages, fault(error), files(files) }. */
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
    page.files([...event.clipboardData.files]);
  });
  const noDevice = () => page.fault(new Error(t("noDevice")));
  $("microphone").addEventListener("click", () => microphone(add, $("microphone"), $("recording")).catch(noDevice));
  $("camera").addEventListener("click", () => camera(add).catch(noDevice));
  $("drop-unfit").addEventListener("click", () => { media = media.filter(({ kind }) => takes(page.card(), kind)); draw(); });
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
    page.files([...event.dataTransfer.files]);
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

/** The turns before the question. */
const before = () => talk.turns.slice(0, editing ?? talk.turns.length);

/** Why the model cannot be asked this; nothing where it can. */
const unfit = () => (page.card() ? refusal(page.card(), media, before().flatMap((turn) => turn.parts)) : "");

async function send() {
  const asked = parts();
  if (busy() || !asked.length || !page.model() || unfit()) return;
  const from = before().length;
  reset();
  await ask(asked, from);
}

/** Draws what is attached and what may be done. */
export function draw() {
  const card = page.card();
  $("files").accept = accept(card);
  for (const [id, kinds] of [["microphone", ["audio"]], ["camera", ["image", "video"]]]) {
    $(id).disabled = !possible() || !kinds.some((kind) => takes(card, kind));
    $(id).title = t(possible() ? id : "noHttps");
  }
  $("tray").replaceChildren(...media.map((medium) => el("li", { class: takes(card, medium.kind) ? null : "unfit" },
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
  const wrong = unfit();
  $("send").disabled = !parts().length || !page.model() || Boolean(wrong);
  $("drop-unfit").hidden = media.every(({ kind }) => takes(page.card(), kind));
  clearTimeout(counting);
  counting = null;
  $("estimate").textContent = wrong;
  $("estimate").classList.toggle("over", Boolean(wrong));
  if (parts().length && !busy() && !wrong) counting = setTimeout(estimate, PAUSE);
}

async function estimate() {
  const mine = counting;
  $("estimate").textContent = t("estimating");
  const told = await count().catch((error) => ({ text: lead(error) + error.message, over: true }));
  if (counting !== mine) return;
  $("estimate").textContent = told.text;
  $("estimate").classList.toggle("over", Boolean(told.over));
}

async function count() {
  const model = page.model();
  const turns = [...before(), { role: "user", parts: parts() }];
  const body = { model, messages: await messages(talk.id, turns) };
  const { tokens, most } = await json("/studio/estimate", { method: "POST", json: body });
  if (tokens >= most) return { text: t("overLimit", tokens, most), over: true };
  const time = seconds(model, tokens);
  return { text: t("estimate", tokens, most) + (time === null ? t("untimed") : t("seconds", time < 10 ? time.toFixed(1) : Math.round(time))) };
}
