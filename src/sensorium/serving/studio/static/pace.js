// How long answers take here, learnt from those that were given: seconds a token of the prompt and of the answer.

const KEY = (model) => `sensorium.pace.${model}`;

/** Learn from an answer. */
export function note({ model, usage, timings }) {
  if (!usage || !timings || !usage.completion_tokens) return;
  const before = recall(model);
  const seen = {
    prompt: timings.first_token / Math.max(usage.prompt_tokens, 1),
    each: (timings.total - timings.first_token) / usage.completion_tokens,
    length: usage.completion_tokens,
  };
  const mean = before ? Object.fromEntries(Object.keys(seen).map((name) => [name, (before[name] + seen[name]) / 2])) : seen;
  localStorage.setItem(KEY(model), JSON.stringify(mean));
}

/** Seconds that an answer to so many tokens may take; null where none was given yet. */
export function seconds(model, tokens) {
  const known = recall(model);
  return known && tokens * known.prompt + known.length * known.each;
}

function recall(model) {
  const stored = localStorage.getItem(KEY(model));
  return stored && JSON.parse(stored);
}
