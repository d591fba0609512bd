// Drawing of one frame: the keypoints in the image, and the people in the scene.
// Both hand back the joints that they drew, [{x, y, person, joint}], for the pointer to find.

const TILE_M = 0.5;
const FAINTEST = 0.3;
const GHOST = 0.18; // strength of people who are out of view

const strengthOf = (confidence) => FAINTEST + (1 - FAINTEST) * confidence;

function lightened(color, part) {
  const channels = [1, 3, 5].map((at) => parseInt(color.slice(at, at + 2), 16));
  return `rgb(${channels.map((value) => Math.round(value + part * (255 - value))).join(" ")})`;
}

// The colours of a person's left, right and middle; lighter on a dark page.
function shadesOf(person, dark) {
  const { left, right, middle } = person.colors;
  if (!dark) return { L: left, R: right, M: middle };
  return { L: lightened(left, 0.25), R: lightened(right, 0.15), M: lightened(middle, 0.6) };
}

function drawnPeople(clip, frame, ghosts) {
  return clip.people.filter((person) => person.visible && (person.inView[frame] || ghosts));
}

function strokeLine(context, from, to) {
  context.beginPath();
  context.moveTo(from[0], from[1]);
  context.lineTo(to[0], to[1]);
  context.stroke();
}

function fillDot(context, at, radius) {
  context.beginPath();
  context.arc(at[0], at[1], radius, 0, 2 * Math.PI);
  context.fill();
}

function drawFlat(context, size, clip, frame, style) {
  const [width, height] = clip.size;
  const scale = Math.min((size.width - 20) / width, (size.height - 48) / height);
  const left = (size.width - scale * width) / 2;
  const top = 14 + (size.height - scale * height) / 2;
  context.clearRect(0, 0, size.width, size.height);
  context.fillStyle = style.paper;
  context.fillRect(left, top, scale * width, scale * height);
  context.strokeStyle = style.line;
  context.lineWidth = 1;
  context.strokeRect(left, top, scale * width, scale * height);
  context.save();
  context.beginPath();
  context.rect(left, top, scale * width, scale * height);
  context.clip();
  context.lineCap = "round";
  const spots = [];
  for (const person of drawnPeople(clip, frame, false)) {
    const shades = shadesOf(person, style.dark);
    const points = clip.joints.map((_, joint) => person.imageAt(frame, joint));
    const places = points.map((point) => point && [left + scale * point[0], top + scale * point[1]]);
    const sure = clip.joints.map((_, joint) => strengthOf(person.confidenceAt(frame, joint)));
    context.lineWidth = 2.5;
    for (const [parent, child] of clip.bones) {
      if (!places[parent] || !places[child]) continue;
      context.globalAlpha = Math.min(sure[parent], sure[child]);
      context.strokeStyle = shades[clip.sides[child]];
      strokeLine(context, places[parent], places[child]);
    }
    places.forEach((place, joint) => {
      if (!place) return;
      context.globalAlpha = sure[joint];
      context.fillStyle = shades[clip.sides[joint]];
      fillDot(context, place, 3.2);
      spots.push({ x: place[0], y: place[1], person, joint });
    });
  }
  context.restore();
  return spots;
}

function drawFloor(context, camera, clip, style) {
  const [x0, y0] = [0, 1].map((axis) => Math.floor(clip.low[axis] / TILE_M) * TILE_M);
  const [x1, y1] = [0, 1].map((axis) => Math.ceil(clip.high[axis] / TILE_M) * TILE_M);
  // A walk of a hundred metres gets larger tiles, not ten thousand lines.
  const tile = TILE_M * Math.max(1, Math.ceil(Math.max(x1 - x0, y1 - y0) / (60 * TILE_M)));
  context.strokeStyle = style.line;
  context.lineWidth = 1;
  const line = (from, to) => {
    const ends = camera.projectLine(from, to);
    if (ends) strokeLine(context, ends[0], ends[1]);
  };
  for (let x = x0; x <= x1 + 1e-6; x += tile) line([x, y0, 0], [x, y1, 0]);
  for (let y = y0; y <= y1 + 1e-6; y += tile) line([x0, y, 0], [x1, y, 0]);
}

function drawScene(context, size, camera, clip, frame, style, ghosts) {
  context.clearRect(0, 0, size.width, size.height);
  context.lineCap = "round";
  drawFloor(context, camera, clip, style);
  const spots = [];
  const strokes = [];
  const names = [];
  for (const person of drawnPeople(clip, frame, ghosts)) {
    const shades = shadesOf(person, style.dark);
    const fade = person.inView[frame] ? 1 : GHOST;
    const joints = clip.joints.map((_, joint) => person.sceneAt(frame, joint));
    const places = joints.map((joint) => camera.project(joint));
    const sure = clip.joints.map((_, joint) => fade * strengthOf(person.confidenceAt(frame, joint)));
    for (const [parent, child] of clip.bones) {
      const shadow = [parent, child].map((joint) => camera.project([joints[joint][0], joints[joint][1], 0]));
      if (shadow[0] && shadow[1]) {
        context.globalAlpha = fade;
        context.strokeStyle = style.shadow;
        context.lineWidth = boneWidth(camera, shadow[0][2]);
        strokeLine(context, shadow[0], shadow[1]);
      }
      const [from, to] = [places[parent], places[child]];
      if (!from || !to) continue;
      const depth = (from[2] + to[2]) / 2;
      const alpha = Math.min(sure[parent], sure[child]);
      strokes.push({ from, to, depth, alpha, color: shades[clip.sides[child]] });
    }
    places.forEach((place, joint) => {
      if (!place) return;
      // A dot lies on top of its own bones.
      const depth = place[2] - 0.02;
      strokes.push({ from: place, depth, alpha: sure[joint], color: shades[clip.sides[joint]] });
      spots.push({ x: place[0], y: place[1], person, joint });
    });
    if (clip.people.length > 1) names.push({ person, place: topOf(places), color: shades.M, alpha: fade });
  }
  strokes.sort((a, b) => b.depth - a.depth);
  for (const { from, to, depth, alpha, color } of strokes) {
    const width = boneWidth(camera, depth);
    context.globalAlpha = alpha;
    context.strokeStyle = color;
    context.fillStyle = color;
    context.lineWidth = width;
    if (to) strokeLine(context, from, to);
    else fillDot(context, from, 0.75 * width);
  }
  context.font = "600 13px system-ui, 'DejaVu Sans', sans-serif";
  context.textAlign = "center";
  for (const { person, place, color, alpha } of names) {
    if (!place) continue;
    context.globalAlpha = alpha;
    context.fillStyle = color;
    context.fillText(person.name, place[0], place[1] - 12);
  }
  context.globalAlpha = 1;
  return spots;
}

const boneWidth = (camera, depth) => clamp((0.035 * camera.focal) / depth, 1.5, 14);

function topOf(places) {
  return places.reduce((top, place) => (place && (!top || place[1] < top[1]) ? place : top), null);
}

function markSpot(context, spot, style) {
  context.strokeStyle = style.ink;
  context.lineWidth = 2;
  context.beginPath();
  context.arc(spot.x, spot.y, 8, 0, 2 * Math.PI);
  context.stroke();
}
