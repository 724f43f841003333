// One talk on the page: its turns, answers as they come, and what can be done with them.

import { events, request } from "./api.js";
import { $, el, icon, iconButton, opened, say } from "./dom.js";
import { fault } from "./faults.js";
import { get, keep, messages, newId, thumbnail, title } from "./media.js";
import { note } from "./pace.js";
import { citations, marked, named, view } from "./viewer.js";
import { t } from "./words.js";

const LONGEST_TITLE = 60;

/** The talk that is shown; `stored` once its last question is, with its media. */
export const talk = { id: newId(), title: "", turns: [], stored: false };
let running = null;
let page = {};

/** Tells the page what to do on edit and when something was kept: { edit(index), kept(), model() }. */
export function connect(given) {
  page = given;
}

export const busy = () => running !== null;
export const stop = () => running?.abort();

/** Shows another talk, or an empty one. */
export async function show(id = newId(), title = "", turns = [], stored = false) {
  stop();
  Object.assign(talk, { id, title, turns, stored });
  await draw();
  if (talk.id === id && turns.at(-1)?.role === "user") $("thread").append(fault(new Error(t("unanswered")), button(retry)));
}

/** Asks; `from` is the turn that the question takes the place of. */
export async function ask(parts, from = talk.turns.length) {
  talk.turns.splice(from, Infinity, { role: "user", parts });
  talk.title ||= (parts.find((part) => part.kind === "text")?.text || parts[0].name || t("untitled")).slice(0, LONGEST_TITLE);
  talk.stored = false;
  await retry();
}

/** Answers the last question, which is stored first where it is not. */
async function retry() {
  await draw();
  await answer({});
}

/** Answers the last question again, freely: the likeliest answer would be the same. */
async function again() {
  talk.turns.pop();
  await draw();
  await answer({ temperature: 0.8, seed: Math.floor(Math.random() * 2 ** 31) });
}

async function store() {
  const { id, title: called, turns } = talk;
  await request(`/studio/talks/${id}`, { method: "PUT", json: { title: called, turns } });
  page.kept();
}

async function storeQuestion() {
  const { id, turns } = talk;
  await store();
  await Promise.all((await shownIn(turns.slice(-1))).map((medium) => keep(id, medium)));
  if (talk.id === id) talk.stored = true;
}

async function storeAnswer() {
  await store().catch((error) => {
    const told = fault(error, button(async () => { told.remove(); await storeAnswer(); }));
    $("thread").append(told);
  });
}

async function answer(options) {
  const owner = talk.id;
  const turns = [...talk.turns];
  const turn = { role: "assistant", parts: [{ kind: "text", text: "" }], known: { model: page.model() } };
  const item = el("li", { class: "assistant", "aria-busy": "true" }, el("p", { class: "said waiting" }, t("thinking")));
  $("thread").append(item);
  running = new AbortController();
  const { signal } = running;
  page.changed();
  say(t("thinking"));
  scroll();
  let failed = null;
  try {
    if (!talk.stored) await storeQuestion();
    await receive(turn, item, { messages: await messages(owner, turns), ...options }, signal);
  } catch (error) {
    if (signal.aborted) turn.known.finish = "stopped";
    else failed = error;
  }
  running = null;
  page.changed();
  if (talk.id !== owner) return;
  if (failed) item.replaceWith(fault(failed, button(retry)));
  else {
    talk.turns.push(turn);
    say(t("answered", turn.parts[0].text));
    await draw();
    await storeAnswer();
  }
  scroll();
}

async function receive(turn, item, body, signal) {
  const said = el("p", { class: "said" });
  const asked = { model: turn.known.model, stream: true, stream_options: { include_usage: true }, ...body };
  for await (const event of events("/v1/chat/completions", asked, signal)) {
    const [choice] = event.choices;
    if (choice?.delta.content) {
      turn.parts[0].text += choice.delta.content;
      said.textContent = turn.parts[0].text;
      if (!said.isConnected) item.replaceChildren(said);
      scroll();
    }
    if (choice?.finish_reason) turn.known.finish = choice.finish_reason;
    if (event.sensorium) Object.assign(turn.known, event.sensorium);
    if (event.usage) turn.known.usage = event.usage;
  }
  note(turn.known);
}

function scroll() {
  $("scroll").scrollTop = $("scroll").scrollHeight;
}

const button = (act) => el("button", { type: "button", onclick: act }, t("retry"));

/** All media of turns. */
const shownIn = (turns) => Promise.all(turns.flatMap(({ parts }) => parts).filter(({ kind }) => kind !== "text").map((part) => get(talk.id, part)));

/** Draws all turns. */
export async function draw() {
  $("welcome").hidden = talk.turns.length > 0;
  const owner = talk.id;
  const items = await Promise.all(talk.turns.map((turn, index) => (turn.role === "user" ? question(turn, index) : answered(turn, index))));
  if (talk.id === owner) $("thread").replaceChildren(...items);
}

async function question({ parts }, index) {
  const media = await shownIn([{ parts }]);
  const figures = media.map((medium) => el("li", {},
    el("button", { type: "button", class: "medium", "aria-label": t("openMedium", title(medium)), title: title(medium), onclick: () => view(medium) }, thumbnail(medium))));
  return el("li", { class: "user" },
    el("h2", { class: "hidden" }, t("you")),
    figures.length ? el("ul", { class: "media" }, ...figures) : null,
    ...parts.filter(({ kind }) => kind === "text").map(({ text }) => el("p", { class: "said" }, text)),
    el("div", { class: "row acts" }, iconButton("edit", t("edit"), () => page.edit(index))));
}

async function answered({ parts, known = {} }, index) {
  const text = parts.map((part) => part.text).join("");
  const shown = await shownIn(talk.turns.slice(0, index));
  const places = known.places ?? [];
  const timed = places.some(({ kind }) => kind === "moment");
  const last = shown.findLast(({ kind }) => kind === "video" || kind === (timed ? "audio" : "image"));
  return el("li", { class: "assistant" },
    el("h2", { class: "hidden" }, known.model ?? "Sensorium"),
    el("p", { class: "said" }, ...citations(text).map((piece) => cited(piece, shown))),
    places.length && last ? await evidence(last, places) : null,
    facts(known),
    el("div", { class: "row acts" },
      iconButton("copy", t("copy"), async () => { await navigator.clipboard.writeText(text); say(t("copied")); }),
      index === talk.turns.length - 1 ? iconButton("again", t("again"), again) : null,
      ...ratings(text, known, index)));
}

async function evidence(medium, places) {
  const open = (which) => view(medium, places, { which });
  const look = medium.kind === "image"
    ? el("button", { type: "button", class: "medium wide", "aria-label": `${t("openMedium", title(medium))}: ${places.map(named).join(", ")}`, onclick: () => open(null) }, await marked(medium, places))
    : null;
  const list = places.map((place, which) => el("li", {}, el("button", { type: "button", class: "chip", onclick: () => open(which) }, named(place, which))));
  return el("div", { class: "evidence" }, look, el("ul", {}, ...list));
}

function cited(piece, shown) {
  if (typeof piece === "string") return piece;
  const medium = shown.findLast(({ kind, page: number }) => (piece.page ? number === piece.page && kind === "image" : kind === "audio" || kind === "video"));
  if (!medium) return piece.text;
  return el("button", { type: "button", class: "cite", onclick: () => view(medium, [], { at: piece.at ?? null }) }, piece.text);
}

function facts(known) {
  const { confidence, sure, notices = [], usage, timings, finish } = known;
  const percent = typeof confidence === "number" ? Math.round(confidence * 100) : null;
  const rows = [
    sure === false ? el("span", { class: "badge" }, t("unsure")) : null,
    percent === null ? null : el("span", { class: "confidence" }, el("meter", { min: 0, max: 100, low: 50, high: 80, optimum: 100, value: percent, "aria-label": t("confidence", percent) }), t("confidence", percent)),
    finish === "stopped" ? el("span", {}, t("stopped")) : finish === "length" ? el("span", {}, t("cut")) : null,
    usage && timings ? el("span", {}, t("tokens", usage.completion_tokens, timings.total.toFixed(1))) : null,
    known.model ? el("span", {}, known.model) : null,
    ...notices.map((notice) => el("span", { class: "notice", lang: "en" }, notice)),
  ].filter(Boolean);
  return rows.length ? el("div", { class: "facts dim" }, ...rows) : null;
}

function ratings(text, known, index) {
  const judge = async (good, better = "") => {
    const asked = talk.turns.slice(0, index).map(({ role, parts }) => ({ role, parts }));
    await request("/studio/opinions", { method: "POST", json: { talk: talk.id, asked, answer: text, good, better } });
    known.opinion = good ? "good" : "bad";
    await store();
    await draw();
    say(t("thanks"));
  };
  const correct = async () => {
    $("better").value = "";
    if ((await opened($("correct"))) === "yes") await judge(false, $("better").value);
  };
  return [
    iconButton("up", t("good"), () => judge(true), { "aria-pressed": String(known.opinion === "good") }),
    iconButton("down", t("bad"), correct, { "aria-pressed": String(known.opinion === "bad") }),
    known.opinion ? el("span", { class: "dim" }, t("thanks")) : null,
  ];
}
