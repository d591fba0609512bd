// The viewer's eye: it looks at a target in the scene (x right, y away, z up) from a distance, in perspective.

const FIELD_OF_VIEW = (38 * Math.PI) / 180;
const NEAREST_M = 0.05;

const dot = (a, b) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
const plus = (a, b, factor) => [a[0] + factor * b[0], a[1] + factor * b[1], a[2] + factor * b[2]];
const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

class Camera {
  constructor() {
    this.target = [0, 0, 1];
    this.distance = 4;
    this.width = 1;
    this.height = 1;
    this.look(-115, 12);
  }

  // Azimuth -90 is the side of the camera that took the clip; elevation 90 looks straight down.
  look(azimuthDeg, elevationDeg) {
    this.azimuth = (azimuthDeg * Math.PI) / 180;
    this.elevation = (elevationDeg * Math.PI) / 180;
    this.update();
  }

  update() {
    const [ca, sa] = [Math.cos(this.azimuth), Math.sin(this.azimuth)];
    const [ce, se] = [Math.cos(this.elevation), Math.sin(this.elevation)];
    this.right = [-sa, ca, 0];
    this.toward = [ce * ca, ce * sa, se];
    this.up = [-se * ca, -se * sa, ce];
  }

  resize(width, height) {
    this.width = width;
    this.height = height;
  }

  get focal() {
    return Math.min(this.width, this.height) / 2 / Math.tan(FIELD_OF_VIEW / 2);
  }

  depth(point) {
    return this.distance - dot(plus(point, this.target, -1), this.toward);
  }

  // Panel pixels and depth of a scene point; null behind the eye.
  project(point) {
    const offset = plus(point, this.target, -1);
    const depth = this.distance - dot(offset, this.toward);
    if (depth < NEAREST_M) return null;
    const scale = this.focal / depth;
    return [this.width / 2 + scale * dot(offset, this.right), this.height / 2 - scale * dot(offset, this.up), depth];
  }

  // Both ends of a line in panel pixels, cut off before the eye; null where all of it is behind.
  projectLine(from, to) {
    const [near, far] = [this.depth(from) - NEAREST_M, this.depth(to) - NEAREST_M];
    if (near <= 0 && far <= 0) return null;
    const cut = (behind, before, a, b) => plus(before, plus(behind, before, -1), (b / (b - a)) * 0.999);
    const ends = [near > 0 ? from : cut(from, to, near, far), far > 0 ? to : cut(to, from, far, near)];
    const [a, b] = ends.map((end) => this.project(end));
    return a && b ? [a, b] : null;
  }

  orbit(dx, dy) {
    this.azimuth -= dx * 0.008;
    this.elevation = clamp(this.elevation + dy * 0.008, -Math.PI / 2 + 0.01, Math.PI / 2 - 0.01);
    this.update();
  }

  pan(dx, dy) {
    const metres = this.distance / this.focal;
    this.target = plus(plus(this.target, this.right, -dx * metres), this.up, dy * metres);
  }

  zoom(factor) {
    this.distance = clamp(this.distance * factor, 0.3, 500);
  }

  // Stand where all points fill the panel: a guess from afar, then a few corrections for the perspective.
  fit(points) {
    if (points.length === 0) return;
    this.target = [0, 1, 2].map((axis) => points.reduce((sum, point) => sum + point[axis], 0) / points.length);
    this.distance = 2 * Math.max(1, ...[0, 1, 2].map((axis) => extentOf(points.map((point) => point[axis])).span));
    for (let round = 0; round < 5; round++) {
      const places = points.map((point) => this.project(point)).filter((place) => place);
      const across = extentOf(places.map((place) => place[0]));
      const along = extentOf(places.map((place) => place[1]));
      this.pan(this.width / 2 - across.middle, this.height / 2 - along.middle);
      this.zoom(Math.max(across.span / (0.88 * this.width), along.span / (0.8 * this.height), 0.05));
    }
  }
}

function extentOf(values) {
  const low = values.reduce((least, value) => Math.min(least, value), Infinity);
  const high = values.reduce((most, value) => Math.max(most, value), -Infinity);
  return { middle: (low + high) / 2, span: high - low };
}
