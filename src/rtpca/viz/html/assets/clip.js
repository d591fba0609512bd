// The clip as it lies in the page: a small description, and arrays as base64.

const MISSING = -32768; // in int16 arrays of image points

function bytesOf(base64) {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

const int16Of = (base64) => new Int16Array(bytesOf(base64).buffer);
const float32Of = (base64) => new Float32Array(bytesOf(base64).buffer);

class Person {
  constructor(index, packed, joints, turn) {
    this.index = index;
    this.name = packed.name;
    this.colors = packed.colors; // {left, right, middle}
    this.visible = true; // switched by the viewer's user
    this.joints = joints;
    this.turn = turn; // 3 x 3, row by row: camera axes into scene axes
    this.pose = int16Of(packed.pose.data); // frame, joint, axis: root-relative, camera axes
    this.poseScale = packed.pose.scale; // metres per unit
    this.points = int16Of(packed.points.data); // frame, joint, x or y
    this.pointScale = packed.points.scale; // pixels per unit
    this.root = float32Of(packed.root); // frame, axis: camera axes; NaN where not known
    this.place = float32Of(packed.place); // frame, axis: where the pelvis is drawn, scene axes
    this.sure = bytesOf(packed.confidence); // frame, joint: 0 to 255
    this.inView = bytesOf(packed.valid); // frame: 0 or 1
  }

  // The joint relative to the pelvis, camera axes (x right, y down, z forward), metres.
  poseAt(frame, joint) {
    const at = 3 * (frame * this.joints + joint);
    return [0, 1, 2].map((axis) => this.pose[at + axis] * this.poseScale);
  }

  // The joint in camera axes, metres, or null where the root is not known.
  cameraAt(frame, joint) {
    const root = this.root.subarray(3 * frame, 3 * frame + 3);
    if (!root.every(Number.isFinite)) return null;
    return this.poseAt(frame, joint).map((value, axis) => value + root[axis]);
  }

  // Where the joint is drawn: scene axes (x right, y away, z up), metres.
  sceneAt(frame, joint) {
    const [x, y, z] = this.poseAt(frame, joint);
    const turn = this.turn;
    return [0, 1, 2].map(
      (axis) => this.place[3 * frame + axis] + turn[3 * axis] * x + turn[3 * axis + 1] * y + turn[3 * axis + 2] * z,
    );
  }

  // The joint in the image, pixels, or null where it was not seen.
  imageAt(frame, joint) {
    const at = 2 * (frame * this.joints + joint);
    if (this.points[at] === MISSING) return null;
    return [this.points[at] * this.pointScale, this.points[at + 1] * this.pointScale];
  }

  confidenceAt(frame, joint) {
    return this.sure[frame * this.joints + joint] / 255;
  }
}

function readClip(text) {
  const packed = JSON.parse(text);
  const joints = packed.joints.length;
  return { ...packed, people: packed.people.map((person, index) => new Person(index, person, joints, packed.turn)) };
}
