// Files as parts of a question: what they are, how they look, and what the server is sent.

import { json, request } from "./api.js";
import { el, icon } from "./dom.js";
import { t } from "./words.js";

export const MOST_BYTES = 36 * 2 ** 20;
const TEXTS = /\.(txt|md|csv|json|tsv|log|yaml|yml)$/i;

/** Media by id: { id, kind, name, blob, url, page }. */
const known = new Map();

export const newId = () => crypto.randomUUID();

/** A medium of the page's own. */
export function make(kind, blob, name, extra = {}) {
  const type = kind === "document" ? "text/plain" : blob.type.split(";")[0];
  const plain = blob.slice(0, blob.size, type);
  const medium = { id: newId(), kind, name, blob: plain, url: URL.createObjectURL(plain), ...extra };
  known.set(medium.id, medium);
  return medium;
}

/** Media of a file: a PDF is one for each of its pages. Throws with words for people. */
export async function read(file, most) {
  if (file.size > MOST_BYTES) throw new Error(t("tooLarge", file.name));
  if (!file.size) throw new Error(t("empty", file.name));
  const kind = file.type.split("/")[0];
  if (["image", "audio", "video"].includes(kind)) return [make(kind, file, file.name)];
  if (file.type === "application/pdf" || /\.pdf$/i.test(file.name)) return readPages(file, 1, most);
  if (kind === "text" || file.type === "application/json" || TEXTS.test(file.name)) return [make("document", file, file.name)];
  throw new Error(t("unknownKind", file.name));
}

/** Pages of a PDF, each a picture, and its words where it has any; `left` on the last says how many were left out. */
export async function readPages(file, first, most) {
  const data = (await dataUri(file)).split(",")[1];
  const body = { name: file.name, data, first, last: first + most - 1 };
  const { count, pages } = await json("/studio/pages", { method: "POST", json: body });
  const media = pages.flatMap(({ page, words, picture }) => {
    const bytes = Uint8Array.from(atob(picture), (letter) => letter.charCodeAt(0));
    const drawn = make("image", new Blob([bytes], { type: "image/jpeg" }), file.name, { page });
    return words.trim() ? [drawn, make("document", new Blob([words]), file.name, { page })] : [drawn];
  });
  if (media.length) Object.assign(media[media.length - 1], { left: count - pages.length, count });
  return media;
}

/** A medium of a stored talk, fetched when it is first needed. */
export async function get(talk, part) {
  if (!known.has(part.id)) {
    const blob = await (await request(`/studio/talks/${talk}/media/${part.id}`)).blob();
    known.set(part.id, { ...part, blob, url: URL.createObjectURL(blob) });
  }
  return known.get(part.id);
}

/** Keeps a medium with its talk. */
export function keep(talk, { id, blob }) {
  return request(`/studio/talks/${talk}/media/${id}`, { method: "PUT", body: blob, type: blob.type });
}

/** What stands for a medium in a stored turn. */
export function asPart({ kind, id, name, page }) {
  return page ? { kind, id, name, page } : { kind, id, name };
}

export function dataUri(blob) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(blob);
  });
}

/** Turns as the messages of /v1/chat/completions. */
export function messages(talk, turns) {
  return Promise.all(turns.map(async ({ role, parts }) => {
    if (role === "assistant") return { role, content: parts.map((part) => part.text).join("") };
    const pages = new Set(parts.map((part) => part.page).filter(Boolean));
    const content = await Promise.all(parts.map((part) => asked(talk, part, pages.size > 1)));
    return { role, content: content.flat() };
  }));
}

async function asked(talk, part, severalPages) {
  if (part.kind === "text") return [text(part.text)];
  const { blob } = await get(talk, part);
  if (part.kind === "document") return [text(`${label(part)}${await blob.text()}\n`)]; // words, so that every model takes it
  const url = await dataUri(blob);
  const film = blob.type === "image/gif"; // it may be one: its bytes tell
  const one = film ? { type: "file", file: { file_data: url } } : { type: `${part.kind}_url`, [`${part.kind}_url`]: { url } };
  return severalPages && part.page ? [text(label(part)), one] : [one];
}

const text = (words) => ({ type: "text", text: words });
const label = ({ name, page }) => (page ? `[${name}, page ${page}]\n` : `[${name}]\n`);

/** What people call a medium. */
export function title({ name, page }) {
  return page ? `${name}, ${t("page", page)}` : name;
}

/** A small look at a medium. */
export function thumbnail(medium) {
  if (medium.kind === "image") return el("img", { src: medium.url, alt: title(medium) });
  if (medium.kind === "video") return el("video", { src: `${medium.url}#t=0.1`, muted: true, preload: "metadata", "aria-label": title(medium), tabindex: "-1" });
  return el("span", { class: "sheet" }, icon(medium.kind === "audio" ? "sound" : "page"), el("span", {}, medium.name),
    medium.page ? el("span", { class: "which dim" }, t("page", medium.page)) : null);
}
