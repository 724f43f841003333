// Search over the operator's index: by words, by something like it, or both.

import { json, request } from "./api.js";
import { $, el, iconButton } from "./dom.js";
import { dataUri, make, read, readPages, thumbnail, title } from "./media.js";
import { view } from "./viewer.js";
import { t } from "./words.js";

const KINDS = ["image", "audio", "video", "document", "text"];
let like = [];
let page = {};

/** Connects the form; `given` is { use(media), fault(error) }. */
export function connect(given) {
  page = given;
  $("search").addEventListener("submit", (event) => { event.preventDefault(); find().catch(page.fault); });
  $("search-attach").addEventListener("click", () => $("search-files").click());
  $("search-files").addEventListener("change", async () => {
    const [file] = $("search-files").files;
    $("search-files").value = "";
    if (file) like = await read(file, 1).catch((error) => { page.fault(error); return []; });
    draw();
  });
}

/** Draws the form in the language of the page. */
export function draw() {
  const chosen = kinds();
  const legend = $("kinds").querySelector("legend");
  $("kinds").replaceChildren(legend, ...KINDS.map((kind) => el("label", { class: "chip" },
    el("input", { type: "checkbox", value: kind, checked: chosen.includes(kind) }), t(kind))));
  $("search-tray").replaceChildren(...like.map((medium) => el("li", {}, thumbnail(medium),
    iconButton("close", t("remove", title(medium)), () => { like = []; draw(); }))));
}

const kinds = () => [...$("kinds").querySelectorAll("input:checked")].map((each) => each.value);

async function find() {
  const words = $("sought").value.trim();
  if (!words && !like.length) return;
  $("found-how-many").textContent = t("searching");
  const media = await Promise.all(like.map(({ blob }) => dataUri(blob)));
  const { hits } = await json("/studio/search", { method: "POST", json: { words, media, kinds: kinds() } })
    .catch((error) => { $("found-how-many").textContent = ""; throw error; });
  $("found-how-many").textContent = hits.length ? t("found", hits.length) : t("nothing");
  $("hits").replaceChildren(...hits.map(card));
}

function card(hit) {
  const picture = hit.thumbnail ? el("img", { src: URL.createObjectURL(jpeg(hit.thumbnail)), alt: hit.name }) : null;
  const act = (use) => async () => {
    try {
      use(await fetched(hit));
    } catch (error) {
      page.fault(error);
    }
  };
  return el("li", {},
    picture,
    el("h2", {}, hit.name),
    el("p", { class: "dim" }, [t(hit.kind), hit.where, hit.score.toFixed(2)].filter(Boolean).join(" · ")),
    hit.words ? el("blockquote", {}, hit.words) : null,
    el("p", { class: "path dim" }, hit.path),
    el("div", { class: "row" },
      el("button", { type: "button", "aria-label": `${t("look")}: ${hit.name}`, onclick: act((media) => view(media[0], [], { at: hit.begin })) }, t("look")),
      el("button", { type: "button", "aria-label": `${t("useInTalk")}: ${hit.name}`, onclick: act(page.use) }, t("useInTalk"))));
}

const jpeg = (text) => new Blob([Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0))], { type: "image/jpeg" });

async function fetched(hit) {
  const response = await request(`/studio/found/${hit.item}`);
  const blob = await response.blob();
  const file = new File([blob], hit.name, { type: blob.type });
  if (hit.page && blob.type === "application/pdf") return readPages(file, hit.page, 1);
  return hit.kind === "text" || hit.kind === "document" ? [make("document", blob, hit.name)] : read(file, 1);
}
