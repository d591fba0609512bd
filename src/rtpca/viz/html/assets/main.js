// The page: canvases, controls, keys and the pointer, joined to the clip.

const VIEWS = { angle: null, camera: [-90, 0], side: [-180, 4], top: [-90, 89.4] };
const REACH_PX = 14;
const byId = (id) => document.getElementById(id);

const clip = readClip(byId("clip").textContent);
const camera = new Camera();
const panels = { flat: makePanel("flat"), scene: makePanel("scene") };
const player = new Player(clip.frames, clip.fps, () => redraw());
let style = {};
let hovered = null; // {person, joint}
let viewTouched = false;
let drawQueued = false;

function makePanel(id) {
  const canvas = byId(id);
  return { canvas, context: canvas.getContext("2d"), size: { width: 1, height: 1 }, spots: [] };
}

function resize() {
  for (const { canvas, context, size } of Object.values(panels)) {
    const ratio = window.devicePixelRatio || 1;
    size.width = canvas.clientWidth;
    size.height = canvas.clientHeight;
    canvas.width = Math.max(1, Math.round(size.width * ratio));
    canvas.height = Math.max(1, Math.round(size.height * ratio));
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
  }
  camera.resize(panels.scene.size.width, panels.scene.size.height);
  if (!viewTouched) resetView();
  redraw();
}

// Where everybody is over the clip, thinned out: joints at up to 200 moments.
const everywhere = (() => {
  const step = Math.max(1, Math.floor(clip.frames / 200));
  const points = [];
  for (const person of clip.people) {
    for (let frame = 0; frame < clip.frames; frame += step) {
      if (!person.inView[frame]) continue;
      clip.joints.forEach((_, joint) => {
        const [x, y, z] = person.sceneAt(frame, joint);
        if (x < clip.low[0] || x > clip.high[0] || y < clip.low[1] || y > clip.high[1]) return;
        points.push([x, y, z], [x, y, 0]);
      });
    }
  }
  return points;
})();

function resetView() {
  camera.look(...(VIEWS[byId("view").value] || clip.view));
  camera.fit(everywhere);
  viewTouched = false;
  redraw();
}

function redraw() {
  if (drawQueued) return;
  drawQueued = true;
  requestAnimationFrame(() => {
    drawQueued = false;
    draw();
  });
}

function draw() {
  const { flat, scene } = panels;
  const frame = player.frame;
  flat.spots = drawFlat(flat.context, flat.size, clip, frame, style);
  scene.spots = drawScene(scene.context, scene.size, camera, clip, frame, style, byId("ghosts").checked);
  if (hovered) {
    for (const panel of [flat, scene]) {
      const spot = panel.spots.find((other) => other.person === hovered.person && other.joint === hovered.joint);
      if (spot) markSpot(panel.context, spot, style);
    }
    fillTip();
  }
  byId("scrub").value = frame;
  byId("clock").textContent = `${(frame / clip.fps).toFixed(2)} s, frame ${frame} of 0 to ${clip.frames - 1}`;
  byId("play").textContent = player.playing ? "Pause" : "Play";
}

function setTheme(dark) {
  document.documentElement.classList.toggle("dark", dark);
  byId("theme").textContent = dark ? "Light" : "Dark";
  const css = getComputedStyle(document.documentElement);
  const value = (name) => css.getPropertyValue(name).trim();
  style = { dark, paper: value("--paper"), line: value("--line"), shadow: value("--shadow"), ink: value("--ink") };
  redraw();
}

// ---- what the pointer is over

function hover(panel, event) {
  const box = panel.canvas.getBoundingClientRect();
  const [x, y] = [event.clientX - box.left, event.clientY - box.top];
  let nearest = null;
  let reach = REACH_PX;
  for (const spot of panel.spots) {
    const distance = Math.hypot(spot.x - x, spot.y - y);
    if (distance < reach) [nearest, reach] = [spot, distance];
  }
  hovered = nearest && { person: nearest.person, joint: nearest.joint };
  const tip = byId("tip");
  tip.hidden = !hovered;
  if (hovered) {
    fillTip();
    const width = tip.offsetWidth;
    const height = tip.offsetHeight;
    tip.style.left = `${clamp(event.clientX + 16, 4, Math.max(4, window.innerWidth - width - 4))}px`;
    tip.style.top = `${clamp(event.clientY + 16, 4, Math.max(4, window.innerHeight - height - 4))}px`;
  }
  redraw();
}

function fillTip() {
  const { person, joint } = hovered;
  const frame = player.frame;
  const millimetres = byId("units").value === "mm";
  const length = (value) => (millimetres ? (1000 * value).toFixed(0) : value.toFixed(3));
  const unit = millimetres ? "mm" : "m";
  const camera3d = person.cameraAt(frame, joint);
  const point = person.imageAt(frame, joint);
  const rows = [
    ["", "x", "y", "z"],
    [`from the pelvis, ${unit}`, ...person.poseAt(frame, joint).map(length)],
    [`from the camera, ${unit}`, ...(camera3d ? camera3d.map(length) : ["not known", "", ""])],
    ["in the image, px", ...(point ? [...point.map((value) => value.toFixed(1)), ""] : ["not seen", "", ""])],
    ["confidence", person.confidenceAt(frame, joint).toFixed(2), "", ""],
  ];
  const title = document.createElement("b");
  const name = clip.joints[joint].replaceAll("_", " ");
  title.textContent = person.inView[frame] ? `${name}, ${person.name}` : `${name}, ${person.name}, out of view`;
  const table = document.createElement("table");
  for (const [head, ...cells] of rows) {
    const row = table.insertRow();
    row.appendChild(document.createElement("th")).textContent = head;
    for (const cell of cells) row.insertCell().textContent = cell;
  }
  byId("tip").replaceChildren(title, table);
}

// ---- drag, wheel and touch

function watchPointers() {
  const { canvas } = panels.scene;
  const down = new Map(); // pointer id -> last place
  const spread = () => {
    const [a, b] = [...down.values()];
    return Math.hypot(a.x - b.x, a.y - b.y);
  };
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    down.set(event.pointerId, { x: event.clientX, y: event.clientY });
  });
  canvas.addEventListener("pointermove", (event) => {
    const last = down.get(event.pointerId);
    if (!last) return hover(panels.scene, event);
    const [dx, dy] = [event.clientX - last.x, event.clientY - last.y];
    const before = down.size === 2 ? spread() : 0;
    down.set(event.pointerId, { x: event.clientX, y: event.clientY });
    if (down.size === 2) {
      camera.zoom(before / Math.max(spread(), 1));
      camera.pan(dx / 2, dy / 2);
    } else if (event.shiftKey || event.buttons & 6) camera.pan(dx, dy);
    else camera.orbit(dx, dy);
    viewTouched = true;
    redraw();
  });
  for (const name of ["pointerup", "pointercancel"]) {
    canvas.addEventListener(name, (event) => down.delete(event.pointerId));
  }
  canvas.addEventListener("contextmenu", (event) => event.preventDefault());
  canvas.addEventListener("dblclick", resetView);
  canvas.addEventListener(
    "wheel",
    (event) => {
      event.preventDefault();
      camera.zoom(Math.exp(clamp(event.deltaY, -200, 200) * 0.0015));
      viewTouched = true;
      redraw();
    },
    { passive: false },
  );
  panels.flat.canvas.addEventListener("pointermove", (event) => hover(panels.flat, event));
  for (const panel of Object.values(panels)) {
    panel.canvas.addEventListener("pointerleave", () => {
      hovered = null;
      byId("tip").hidden = true;
      redraw();
    });
  }
}

// ---- controls and keys

function addPeople() {
  for (const person of clip.people) {
    const label = document.createElement("label");
    const box = document.createElement("input");
    box.type = "checkbox";
    box.checked = true;
    box.addEventListener("change", () => {
      person.visible = box.checked;
      redraw();
    });
    const swatches = [person.colors.left, person.colors.right].map((color) => {
      const swatch = document.createElement("span");
      swatch.className = "swatch";
      swatch.style.background = color;
      return swatch;
    });
    label.append(box, ...swatches, person.name);
    byId("people").append(label);
  }
}

function changeSpeed(steps) {
  const select = byId("speed");
  select.selectedIndex = clamp(select.selectedIndex + steps, 0, select.options.length - 1);
  player.setSpeed(Number(select.value));
}

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.tagName === "SELECT") return;
  const stride = event.shiftKey ? 10 : 1;
  const keys = {
    " ": () => player.toggle(),
    ArrowLeft: () => player.go(player.frame - stride),
    ArrowRight: () => player.go(player.frame + stride),
    ArrowUp: () => changeSpeed(1),
    ArrowDown: () => changeSpeed(-1),
    Home: () => player.go(0),
    End: () => player.go(clip.frames - 1),
    r: resetView,
    t: () => byId("theme").click(),
  };
  const toggle = /^[1-9]$/.test(event.key) && byId("people").querySelectorAll("input")[Number(event.key) - 1];
  const action = toggle ? () => toggle.click() : keys[event.key] || keys[event.key.toLowerCase()];
  if (!action) return;
  event.preventDefault();
  action();
}

function start() {
  const seconds = clip.frames / clip.fps;
  const who = clip.people.length === 1 ? "1 person" : `${clip.people.length} people`;
  byId("facts").textContent =
    `${who}, ${clip.frames} frames, ${seconds.toFixed(1)} s at ${Number(clip.fps.toFixed(3))} per second`;
  byId("scrub").max = clip.frames - 1;
  byId("scrub").addEventListener("input", (event) => player.go(Number(event.target.value)));
  byId("play").addEventListener("click", () => player.toggle());
  byId("back").addEventListener("click", () => player.go(player.frame - 1));
  byId("forward").addEventListener("click", () => player.go(player.frame + 1));
  byId("speed").addEventListener("change", (event) => player.setSpeed(Number(event.target.value)));
  byId("view").addEventListener("change", resetView);
  byId("units").addEventListener("change", redraw);
  byId("ghosts").addEventListener("change", redraw);
  byId("theme").addEventListener("click", () => setTheme(!style.dark));
  // A button keeps the focus after a click, and would take the space key for itself.
  document.addEventListener("keydown", onKey);
  document.addEventListener("keyup", (event) => {
    if (event.key === " " && event.target.tagName !== "SELECT") event.preventDefault();
  });
  addPeople();
  watchPointers();
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  dark.addEventListener("change", () => setTheme(dark.matches));
  setTheme(dark.matches);
  resize();
  new ResizeObserver(resize).observe(document.querySelector("main"));
  const first = Math.min(...clip.people.map((person) => person.inView.indexOf(1)).filter((frame) => frame >= 0));
  player.go(Number.isFinite(first) ? first : 0);
}

// For scripts that drive the page.
window.rtpcaViewer = { clip, camera, panels, player, draw };
start();
