// Microphone and camera, through the browser; what they give stays here until it is sent.

import { $, opened } from "./dom.js";
import { make } from "./media.js";
import { clock } from "./viewer.js";
import { t } from "./words.js";

const SOUND = ["audio/webm;codecs=opus", "audio/mp4", "audio/ogg"];
const FILM = ["video/webm;codecs=vp8,opus", "video/mp4", "video/webm"];
let recording = null;

const first = (types) => types.find((type) => MediaRecorder.isTypeSupported(type)) ?? "";
const stamp = () => new Date().toTimeString().slice(0, 8).replaceAll(":", "-");

/** Whether there can be any: browsers give them to pages of this machine and of https alone. */
export const possible = () => Boolean(navigator.mediaDevices?.getUserMedia);

function recorder(stream, type, done) {
  const pieces = [];
  const made = new MediaRecorder(stream, type ? { mimeType: type } : {});
  made.ondataavailable = ({ data }) => pieces.push(data);
  made.onstop = () => done(new Blob(pieces, { type: made.mimeType || type }));
  made.start(250);
  return made;
}

const end = (stream) => stream.getTracks().forEach((track) => track.stop());

/** Begins a recording, or ends the one that runs and gives its sound to `add`; `button` and `told` show that it runs. */
export async function microphone(add, button, told) {
  if (recording) {
    recording.stop();
    return;
  }
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
  const began = Date.now();
  const show = (on) => {
    told.hidden = !on;
    told.textContent = on ? t("recordingFor", "0:00") : "";
    button.setAttribute("aria-pressed", String(on));
  };
  const tick = setInterval(() => { told.textContent = t("recordingFor", clock((Date.now() - began) / 1000)); }, 250);
  recording = recorder(stream, first(SOUND), (blob) => {
    clearInterval(tick);
    end(stream);
    recording = null;
    show(false);
    if (blob.size) add([make("audio", blob, `${t("recordingName")} ${stamp()}`)]);
  });
  show(true);
}

/** Opens the camera; a picture or a film goes to `add`. */
export async function camera(add) {
  const dialog = $("lens");
  const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
  const live = $("lens-live");
  let filming = null;
  live.srcObject = stream;
  await live.play();
  $("film").textContent = t("recordFilm");
  $("shoot").onclick = () => {
    const canvas = document.createElement("canvas");
    canvas.width = live.videoWidth;
    canvas.height = live.videoHeight;
    canvas.getContext("2d").drawImage(live, 0, 0);
    canvas.toBlob((blob) => {
      add([make("image", blob, `${t("photoName")} ${stamp()}`)]);
      dialog.close();
    }, "image/jpeg", 0.92);
  };
  $("film").onclick = () => {
    if (filming) {
      filming.stop();
      return;
    }
    $("film").textContent = t("stopFilm");
    filming = recorder(stream, first(FILM), (blob) => {
      add([make("video", blob, `${t("filmName")} ${stamp()}`)]);
      dialog.close();
    });
  };
  await opened(dialog);
  live.srcObject = null;
  end(stream);
}
