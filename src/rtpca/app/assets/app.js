"use strict";
// The page: sends a file, follows the work, shows what came out. Texts are set as text, never as markup.

const settings = JSON.parse(document.body.dataset.settings);
const POLL_MS = 400;
const PATIENCE_MS = 30000; // a server at work may be late, and a connection may break
const byId = (id) => document.getElementById(id);
const megabytes = (bytes) => `${Math.round(bytes / 1e6)} MB`;
let job = null; // id of the job that is shown
let sending = null; // the upload under way
let last = null; // the file that was sent last

function show(...ids) {
  for (const id of ["form", "work", "error", "result"]) byId(id).hidden = !ids.includes(id);
}

function fail(message) {
  byId("error").textContent = message;
  byId("file").value = ""; // the same file may be chosen again
  byId("again").hidden = last === null;
  byId("again").textContent = `Send ${last?.name} again`;
  show("form", "error");
}

function ask(method, path) {
  return fetch(path, { method, headers: { "x-rtpca-token": settings.token }, keepalive: method === "DELETE" });
}

function tell(note, done, total) {
  const share = total > 0 ? `, ${Math.floor((100 * done) / total)} %` : "";
  byId("note").textContent = note + share;
  if (total > 0) byId("bar").value = done / total;
  else byId("bar").removeAttribute("value");
}

function chosenExports() {
  return [...byId("exports").querySelectorAll("input:checked")].map((box) => box.value).join(",");
}

function send(file) {
  last = null;
  const known = settings.endings.some((ending) => file.name.toLowerCase().endsWith(ending));
  if (!known) return fail(`${file.name}: this kind of file is not known; drop one of ${settings.endings.join(", ")}`);
  if (file.size > settings.max_bytes) {
    const limit = `${megabytes(file.size)} are more than this page takes (${megabytes(settings.max_bytes)})`;
    return fail(`${file.name}: ${limit}: cut it, start rtpca app with a larger --max-mb, or use rtpca lift`);
  }
  last = file;
  const query = new URLSearchParams({ name: file.name, render: byId("render").checked ? "1" : "0", exports: chosenExports() });
  for (const id of ["skeleton", "width", "height", "fps", "stature"]) query.set(id, byId(id).value);
  show("work");
  tell("sending", 0, file.size);
  // fetch does not tell how much has been sent.
  sending = new XMLHttpRequest();
  sending.open("POST", `/jobs?${query}`);
  sending.setRequestHeader("x-rtpca-token", settings.token);
  sending.responseType = "json";
  sending.upload.onprogress = (event) => tell("sending", event.loaded, event.total);
  sending.onload = (event) => {
    const { status, response } = event.target;
    sending = null;
    if (status !== 201) return fail(response?.error || `the server answered ${status}`);
    job = response.id;
    follow(job);
  };
  sending.onerror = () => fail("the upload was broken off: is rtpca app still running?");
  sending.send(file);
}

async function follow(id) {
  let heard = Date.now();
  while (job === id) {
    let answer;
    try {
      answer = await (await ask("GET", `/jobs/${id}`)).json();
      heard = Date.now();
    } catch {
      if (Date.now() - heard > PATIENCE_MS) return fail("no answer: is rtpca app still running?");
      await new Promise((resume) => setTimeout(resume, POLL_MS));
      continue;
    }
    if (job !== id) return;
    if (answer.state === "done") return present(answer);
    if (answer.state === undefined || answer.state === "failed") {
      forget();
      return fail(answer.error);
    }
    tell(answer.note, answer.done, answer.total);
    await new Promise((resume) => setTimeout(resume, POLL_MS));
  }
}

function present({ id, files, notes }) {
  const lines = notes.map((note) => {
    const line = document.createElement("li");
    line.textContent = note;
    return line;
  });
  byId("notes").replaceChildren(...lines);
  const list = byId("files");
  list.replaceChildren();
  for (const [name, meaning] of Object.entries(files)) {
    const link = document.createElement("a");
    link.href = `/jobs/${id}/files/${encodeURIComponent(name)}?download`;
    link.textContent = name;
    link.download = "";
    const note = document.createElement("span");
    note.textContent = meaning;
    const item = document.createElement("li");
    item.append(link, note);
    list.append(item);
  }
  const hasViewer = "viewer.html" in files;
  byId("viewer").hidden = !hasViewer;
  if (hasViewer) byId("viewer").src = `/jobs/${id}/files/viewer.html`;
  show("result");
}

// Ends the work and removes its files.
function forget() {
  sending?.abort();
  sending = null;
  if (job !== null) ask("DELETE", `/jobs/${job}`).catch(() => {});
  job = null;
}

function startOver() {
  forget();
  byId("viewer").removeAttribute("src");
  byId("file").value = "";
  byId("again").hidden = true;
  show("form");
}

function start() {
  byId("limit").textContent = megabytes(settings.max_bytes);
  for (const name of settings.exports) {
    const box = document.createElement("input");
    box.type = "checkbox";
    box.value = name;
    const label = document.createElement("label");
    label.append(box, ` ${name}`);
    byId("exports").append(label);
  }
  for (const name of settings.skeletons) byId("skeleton").append(new Option(name));
  byId("again").addEventListener("click", () => send(last));
  byId("file").addEventListener("change", (event) => {
    if (event.target.files.length) send(event.target.files[0]);
  });
  const drop = byId("drop");
  drop.addEventListener("keydown", (event) => {
    if (event.key === "Enter" || event.key === " ") byId("file").click();
  });
  // The whole window takes a drop: beside the box the browser would leave the page for the file.
  window.addEventListener("dragover", (event) => {
    event.preventDefault();
    drop.classList.add("over");
  });
  window.addEventListener("dragleave", () => drop.classList.remove("over"));
  window.addEventListener("drop", (event) => {
    event.preventDefault();
    drop.classList.remove("over");
    if (byId("form").hidden || !event.dataTransfer.files.length) return;
    send(event.dataTransfer.files[0]);
  });
  byId("form").addEventListener("submit", (event) => event.preventDefault());
  byId("cancel").addEventListener("click", startOver);
  byId("remove").addEventListener("click", startOver);
  window.addEventListener("pagehide", forget);
}

start();
