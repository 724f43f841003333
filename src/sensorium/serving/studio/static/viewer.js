// Evidence: a medium large, with the places that an answer names drawn on it.

import { $, el, opened, svg } from "./dom.js";
import { title } from "./media.js";
import { t } from "./words.js";

/** Opens a medium. `places` as the server tells them; `at` seconds to begin with; `which` of the places to mark. */
export async function view(medium, places = [], { at = null, which = null } = {}) {
  $("viewer-title").textContent = title(medium);
  const body = $("viewer-body");
  const { shown, mark } = await show(medium, places, at);
  body.replaceChildren(shown);
  $("viewer-places").replaceChildren(...places.map((place, index) =>
    el("li", {}, el("button", { type: "button", class: "chip", onclick: () => mark(index) }, named(place, index)))));
  if (which !== null) mark(which);
  await opened($("viewer"));
  body.replaceChildren();
}

async function show(medium, places, at) {
  if (medium.kind === "image") {
    const shown = await marked(medium, places);
    return { shown, mark: (which) => highlight(shown, which) };
  }
  if (medium.kind === "document") {
    return { shown: el("pre", { tabindex: "0" }, await medium.blob.text()), mark() {} };
  }
  const player = el(medium.kind, { src: medium.url, controls: true, preload: "auto", "aria-label": title(medium) });
  const seek = (seconds) => { player.currentTime = seconds; };
  if (at !== null) player.addEventListener("loadedmetadata", () => seek(at), { once: true });
  const mark = (which) => {
    const { start } = places[which];
    if (player.readyState) seek(start);
    else player.addEventListener("loadedmetadata", () => seek(start), { once: true });
  };
  const film = places.length ? el("div", { class: "timed" }, player, line(player, places, seek)) : player;
  return { shown: film, mark };
}

/** A picture with boxes and points on it, in the pixels that the answer speaks of. */
export async function marked(medium, places) {
  const image = el("img", { src: medium.url, alt: title(medium) });
  await image.decode().catch(() => {});
  const { naturalWidth: width, naturalHeight: height } = image;
  const unit = Math.max(width, height) / 100 || 1;
  const drawn = places.map((place, index) => {
    const word = named(place, index);
    if (place.kind === "box") {
      const { left, top, right, bottom } = place;
      return svg("g", { class: "place", "data-place": index },
        svg("rect", { x: left, y: top, width: Math.max(right - left, 0), height: Math.max(bottom - top, 0), "stroke-width": unit }),
        svg("text", { x: left + unit, y: Math.max(top - unit, 4.5 * unit), "font-size": 4.5 * unit, "stroke-width": unit }, word));
    }
    if (place.kind === "point") {
      return svg("g", { class: "place", "data-place": index },
        svg("circle", { cx: place.x, cy: place.y, r: 2 * unit, "stroke-width": unit }),
        svg("text", { x: place.x + 3 * unit, y: place.y, "font-size": 4.5 * unit, "stroke-width": unit }, word));
    }
    return null;
  });
  const label = places.map(named).join(", ");
  return el("div", { class: "marked" }, image,
    svg("svg", { viewBox: `0 0 ${width || 1} ${height || 1}`, role: "img", "aria-label": label || title(medium) }, ...drawn));
}

function highlight(shown, which) {
  for (const each of shown.querySelectorAll(".place")) each.classList.toggle("on", Number(each.dataset.place) === which);
}

function line(player, places, seek) {
  const bar = el("div", { class: "line" });
  player.addEventListener("loadedmetadata", () => {
    bar.replaceChildren(...places.filter(({ kind }) => kind === "moment").map((place) => {
      const button = el("button", { type: "button", "aria-label": named(place), title: named(place), onclick: () => seek(place.start) });
      const share = (seconds) => Math.min(Math.max(seconds / player.duration, 0), 1) * 100;
      button.style.left = `${share(place.start)}%`;
      button.style.width = `${Math.max(share(place.end) - share(place.start), 1.5)}%`;
      return button;
    }));
  });
  return bar;
}

/** A place in words: its label, or what and where it is. */
export function named(place, index = 0) {
  if (place.kind === "moment") {
    const when = place.end > place.start ? `${clock(place.start)}–${clock(place.end)}` : clock(place.start);
    return place.label ? `${place.label} ${when}` : when;
  }
  return place.label || `${t(place.kind)} ${index + 1}`;
}

export function clock(seconds) {
  const whole = Math.floor(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

/** A text in pieces: strings, and { page } or { at } where it cites one. */
export function citations(text) {
  const pieces = [];
  let end = 0;
  for (const found of text.matchAll(/\b(?:pages?|p\.)\s*(\d{1,4})\b|第\s*(\d{1,4})\s*页|\b(\d{1,3}):([0-5]\d)\b/gi)) {
    pieces.push(text.slice(end, found.index));
    const page = found[1] ?? found[2];
    pieces.push(page ? { text: found[0], page: Number(page) } : { text: found[0], at: Number(found[3]) * 60 + Number(found[4]) });
    end = found.index + found[0].length;
  }
  return [...pieces, text.slice(end)];
}
