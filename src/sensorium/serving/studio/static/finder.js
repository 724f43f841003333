// Search over the operator's index: by words, by something like it, or both.

import { json, request } from "./api.js";
import { microphone, possible } from "./capture.js";
import { $, el, icon, iconButton } from "./dom.js";
import { dataUri, make, read, readPages, thumbnail, title } from "./media.js";
import { clock, view } from "./viewer.js";
import { t } from "./words.js";

const KINDS = ["image", "audio", "video", "document", "text"];
let sought = [];
let found = null;
let near = true;
let page = {};

/** Connects the form; `given` is { use(media), fault(error) }. */
export function connect(given) {
  page = given;
  $("search").addEventListener("submit", (event) => { event.preventDefault(); find().catch(page.fault); });
  $("search-attach").addEventListener("click", () => $("search-files").click());
  $("search-files").addEventListener("change", async () => { await like([...$("search-files").files]); $("search-files").value = ""; });
  $("search-microphone").disabled = !possible();
  $("search-microphone").addEventListener("click", () => microphone(seek, $("search-microphone"), $("search-recording"))
    .catch(() => page.fault(new Error(t("noDevice")))));
}

/** Searches by a file; of a PDF by its first page. */
export async function like([file]) {
  try {
    seek((await read(file, 1)).filter(({ kind }) => kind !== "document"));
  } catch (error) {
    page.fault(error);
  }
}

function seek(media) {
  if (!media.length) throw new Error(t("likeKinds"));
  sought = media;
  draw();
  find().catch(page.fault);
}

/** Draws the form, and what was found, in the language of the page. */
export function draw() {
  const chosen = kinds();
  const legend = $("kinds").querySelector("legend");
  $("kinds").replaceChildren(legend, ...KINDS.map((kind) => el("label", { class: "chip" },
    el("input", { type: "checkbox", value: kind, checked: chosen.includes(kind) }), t(kind))));
  $("search-tray").replaceChildren(...sought.map((medium) => el("li", {}, thumbnail(medium),
    iconButton("close", t("remove", title(medium)), () => { sought = []; draw(); }))));
  if (found === null) return;
  $("found-how-many").textContent = found.length ? t(near ? "found" : "far", found.length) : t("nothing");
  $("hits").replaceChildren(...found.map(card));
}

const kinds = () => [...$("kinds").querySelectorAll("input:checked")].map((each) => each.value);

async function find() {
  const words = $("sought").value.trim();
  if (!words && !sought.length) return;
  $("found-how-many").textContent = t("searching");
  const media = await Promise.all(sought.map(({ blob }) => dataUri(blob)));
  const answer = await json("/studio/search", { method: "POST", json: { words, media, kinds: kinds() } })
    .catch((error) => { $("found-how-many").textContent = ""; throw error; });
  [found, near] = [answer.hits, answer.near];
  draw();
}

function card(hit) {
  const act = (use) => async () => {
    try {
      use(await fetched(hit));
    } catch (error) {
      page.fault(error);
    }
  };
  const button = (word, use) => el("button", { type: "button", "aria-label": `${t(word)}: ${hit.name}`, onclick: act(use) }, t(word));
  return el("li", {},
    face(hit),
    el("h2", {}, hit.name),
    el("p", { class: "dim" }, [t(hit.kind), place(hit), fit(hit)].filter(Boolean).join(" · ")),
    hit.words ? el("blockquote", {}, hit.words) : null,
    el("p", { class: "path dim" }, hit.path),
    el("div", { class: "row" },
      button("look", (media) => view(media[0], [], { at: hit.begin })),
      button("useInTalk", page.use),
      ["text", "document"].includes(hit.kind) ? null : button("moreLike", moreLike)));
}

/** How well it fits: the chance where it can be told, else the cosine. */
function fit({ chance, similarity }) {
  if (chance !== null) return t("fits", Math.round(100 * chance));
  return similarity === null ? "" : t("similarity", similarity.toFixed(2));
}

/** Which page or seconds of its file a hit is. */
function place({ page: number, begin, end }) {
  if (number) return t("page", number);
  return typeof begin === "number" ? `${clock(begin)}–${clock(end)}` : "";
}

function moreLike(media) {
  $("sought").value = "";
  seek(media);
}

/** How a hit looks: its thumbnail, or what it is. */
function face({ thumbnail: picture, kind, words, name }) {
  if (!picture) return words ? null : el("div", { class: "face" }, icon(kind === "audio" ? "sound" : kind === "video" ? "film" : "page"));
  const url = URL.createObjectURL(jpeg(picture));
  return el("img", { src: url, alt: name, onload: () => URL.revokeObjectURL(url) });
}

const jpeg = (text) => new Blob([Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0))], { type: "image/jpeg" });

async function fetched(hit) {
  const response = await request(`/studio/found/${hit.item}`);
  const blob = await response.blob();
  const file = new File([blob], hit.name, { type: blob.type });
  if (hit.page && blob.type === "application/pdf") return readPages(file, hit.page, 1);
  return hit.kind === "text" || hit.kind === "document" ? [make("document", blob, hit.name)] : read(file, 1);
}
