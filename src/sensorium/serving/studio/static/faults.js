// What went wrong, in the language of the page; the server's own words, which are English, beneath.

import { Refused } from "./api.js";
import { el } from "./dom.js";
import { t } from "./words.js";

/** What a refusal means; nothing where its own words do. */
export const lead = (error) => (error instanceof Refused ? t("refused", error.status) : "");

/** An error for people to read, with a way on: a button. */
export function fault(error, button) {
  const words = el("p", { lang: error instanceof Refused ? "en" : null }, error.message);
  return el("li", { class: "fault", role: "alert" }, el("div", {}, lead(error) ? el("p", {}, lead(error)) : null, words), button);
}
