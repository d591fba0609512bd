// The clock: which frame is shown, and how it moves on.

class Player {
  constructor(frames, fps, onChange) {
    this.frames = frames;
    this.fps = fps;
    this.onChange = onChange;
    this.frame = 0;
    this.speed = 1;
    this.playing = false;
    this.tick = this.tick.bind(this);
  }

  play() {
    if (this.playing || this.frames < 2) return;
    if (this.frame === this.frames - 1) this.frame = 0;
    this.playing = true;
    this.startOver();
    requestAnimationFrame(this.tick);
    this.onChange();
  }

  pause() {
    this.playing = false;
    this.onChange();
  }

  toggle() {
    if (this.playing) this.pause();
    else this.play();
  }

  go(frame) {
    this.frame = clamp(Math.round(frame), 0, this.frames - 1);
    this.startOver();
    this.onChange();
  }

  setSpeed(speed) {
    this.speed = speed;
    this.startOver();
  }

  // Count from here: so no rounding adds up, however long it plays.
  startOver() {
    this.startFrame = this.frame;
    this.startMs = performance.now();
  }

  tick(nowMs) {
    if (!this.playing) return;
    const passed = Math.max(0, ((nowMs - this.startMs) / 1000) * this.fps * this.speed);
    const frame = Math.floor(this.startFrame + passed) % this.frames; // round and round
    if (frame !== this.frame) {
      this.frame = frame;
      this.onChange();
    }
    requestAnimationFrame(this.tick);
  }
}
