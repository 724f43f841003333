// The page: which talk, which model, which view, which language.

import { json, request } from "./api.js";
import * as composer from "./composer.js";
import { $, el, icon, iconButton, opened } from "./dom.js";
import * as faults from "./faults.js";
import * as finder from "./finder.js";
import { told } from "./fit.js";
import { newId } from "./media.js";
import * as thread from "./thread.js";
import { current, LANGUAGES, speak, t } from "./words.js";

const THEMES = ["auto", "light", "dark"];
const about = { models: [], search: false, pairs: 0, pages: 16 };
let titles = [];

const model = () => $("model").value;
const card = () => about.models.find(({ id }) => id === model()) ?? null;
const searching = () => !$("finding").hidden;

function fault(error) {
  const item = faults.fault(error, iconButton("close", t("close"), () => item.remove()));
  if (searching()) $("hits").prepend(item);
  else $("thread").append(item);
  item.scrollIntoView({ block: "nearest" });
}

function remember(name, value) {
  localStorage.setItem(`sensorium.${name}`, value);
}

const recall = (name) => localStorage.getItem(`sensorium.${name}`);

function theme(chosen) {
  document.documentElement.dataset.theme = chosen;
  remember("theme", chosen);
}

function language(chosen) {
  speak(chosen);
  remember("language", chosen);
  $("language").textContent = t("language");
  $("language").setAttribute("aria-label", t("languageLabel"));
  $("language").lang = chosen === "zh" ? "en" : "zh-Hans";
  drawTitles();
  drawModels();
  finder.draw();
  return thread.draw();
}

function drawModels() {
  const able = about.models.filter(({ does }) => does === "answer");
  const chosen = model() || recall("model");
  $("model").replaceChildren(...able.map(({ id }) => el("option", { value: id }, id)));
  $("model").disabled = !able.length;
  if (!able.length) $("model").append(el("option", { value: "" }, t("noModel")));
  else if (able.some(({ id }) => id === chosen)) $("model").value = chosen;
  drawCard();
}

function drawCard() {
  $("takes").textContent = card() ? told(card()) : "";
  composer.draw();
}

function drawTitles() {
  $("no-titles").hidden = titles.length > 0;
  $("erase-all").hidden = $("pairs").hidden = titles.length === 0;
  $("pairs").textContent = t("pairs", about.pairs);
  $("pairs").disabled = about.pairs === 0;
  $("titles").replaceChildren(...titles.map(({ id, title }) => el("li", {},
    el("button", { type: "button", class: "title", "aria-current": id === thread.talk.id ? "true" : null, onclick: () => open(id).catch(fault) }, title || t("untitled")),
    iconButton("bin", t("eraseTalk", title), () => erase(id, title).catch(fault)))));
}

async function look() {
  const [told, kept] = await Promise.all([json("/studio/about"), json("/studio/talks")]);
  Object.assign(about, told);
  titles = kept.talks;
  $("views").hidden = !about.search;
  drawTitles();
}

async function open(id) {
  composer.reset(); // before anything is awaited: what is written from here on is for the talk that comes
  const { title, turns } = await json(`/studio/talks/${id}`);
  drawer(false);
  views("talk");
  await thread.show(id, title, turns, true);
  composer.draw();
  drawTitles();
}

async function begin() {
  composer.reset();
  drawer(false);
  views("talk");
  await thread.show(newId());
  composer.draw();
  drawTitles();
  $("words").focus();
}

async function erase(id, title) {
  $("sure-title").textContent = id ? t("sureTalk", title) : t("sureAll");
  if ((await opened($("sure"))) !== "yes") return;
  await request(id ? `/studio/talks/${id}` : "/studio/talks", { method: "DELETE" });
  if (!id || id === thread.talk.id) await begin();
  await look();
}

async function download() {
  const blob = await (await request("/studio/pairs.jsonl")).blob();
  const url = URL.createObjectURL(blob);
  el("a", { href: url, download: "pairs.jsonl" }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

function drawer(on) {
  document.body.classList.toggle("drawer", on);
  $("menu").setAttribute("aria-expanded", String(on));
}

function views(which) {
  $("talking").hidden = which !== "talk";
  $("finding").hidden = which !== "search";
  for (const name of ["talk", "search"]) {
    if (name === which) $(`to-${name}`).setAttribute("aria-current", "page");
    else $(`to-${name}`).removeAttribute("aria-current");
  }
  if (which === "search") $("sought").focus();
}

function connect() {
  for (const each of document.querySelectorAll("[data-icon]")) each.prepend(icon(each.dataset.icon));
  for (const each of document.querySelectorAll("[data-close]")) each.addEventListener("click", () => each.closest("dialog").close());
  $("menu").addEventListener("click", () => drawer(!document.body.classList.contains("drawer")));
  $("new").addEventListener("click", begin);
  $("erase-all").addEventListener("click", () => erase(null).catch(fault));
  $("pairs").addEventListener("click", () => download().catch(fault));
  $("model").addEventListener("change", () => { remember("model", model()); drawCard(); });
  $("theme").addEventListener("click", () => theme(THEMES[(THEMES.indexOf(recall("theme")) + 1) % THEMES.length]));
  $("language").addEventListener("click", () => language(LANGUAGES[(LANGUAGES.indexOf(current()) + 1) % LANGUAGES.length]));
  $("to-talk").addEventListener("click", () => views("talk"));
  $("to-search").addEventListener("click", () => views("search"));
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") drawer(false); });
  thread.connect({ edit: composer.edit, kept: () => look().catch(fault), changed: composer.draw, model });
  const files = (given) => (searching() ? finder.like(given) : composer.addFiles(given));
  composer.connect({ model, card, fault, files, get pages() { return about.pages; } });
  finder.connect({ fault, use: (media) => { views("talk"); composer.add(media); } });
}

connect();
theme(recall("theme") ?? "auto");
await language(recall("language") ?? (navigator.language.startsWith("zh") ? "zh" : "en"));
await look().catch(fault);
drawModels();
document.body.dataset.ready = "true";
