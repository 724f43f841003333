// What a model takes of a question, told before it is sent. Words of documents go to every model.

import { list, t } from "./words.js";

const MEDIA = ["image", "audio", "video"];
const TEXTS = ["application/pdf", "text/plain", ".md", ".csv", ".json"];

/** Whether a model, as /studio/about tells it, takes a kind of medium; all are taken where there is no model yet. */
export const takes = (model, kind) => !model || !MEDIA.includes(kind) || model.modalities.includes(kind);

/** What the picker of files offers. */
export const accept = (model) => [...MEDIA.filter((kind) => takes(model, kind)).map((kind) => `${kind}/*`), ...TEXTS].join(",");

/** In words: the kinds that a model takes. */
export const told = (model) => t("takes", model.id, list(["text", ...MEDIA].filter((kind) => model.modalities.includes(kind)).map((kind) => t(kind))));

/** In words: why a model cannot be asked, for its kinds, about media and what the talk showed before; else nothing. */
export function refusal(model, media, before) {
  const refused = (parts) => MEDIA.filter((kind) => !takes(model, kind) && parts.some((part) => part.kind === kind)).map((kind) => t(kind));
  const [now, earlier] = [refused(media), refused(before)];
  if (now.length) return t("cannot", model.id, list(now));
  return earlier.length ? t("cannotEarlier", model.id, list(earlier)) : "";
}
