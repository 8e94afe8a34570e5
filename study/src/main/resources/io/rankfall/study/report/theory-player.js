/* Recordings: their numbers, which one is looked at, and the clock that plays it. */

const decodeBytes = text => Uint8Array.from(atob(text), c => c.charCodeAt(0));
const decodeFloats = text => new Float32Array(decodeBytes(text).buffer);
const decodeSigned = text => new Int8Array(decodeBytes(text).buffer);

const recordings = data.recordings.map(recording => ({
  ...recording,
  losses: decodeFloats(recording.losses),
  scales: decodeFloats(recording.scales),
  spectra: decodeFloats(recording.spectra),
  gradientScales: decodeFloats(recording.gradientScales),
  norms: decodeFloats(recording.norms),
  ranks: decodeFloats(recording.ranks),
  random: decodeFloats(recording.random),
}));

const SETTINGS = [
  { key: 'batchSize', symbol: 'B', text: String },
  { key: 'learningRate', symbol: 'µ', text: String },
  { key: 'weightDecay', symbol: 'wd', text: power },
];
const recordedLevels = ({ key }) => [...new Set(recordings.map(recording => recording[key]))].sort((a, b) => a - b);
const sameButDecay = (a, b) => a.batchSize === b.batchSize && a.learningRate === b.learningRate;
const recordingOf = () =>
  recordings.find(recording => SETTINGS.every(({ key }) => recording[key] === state[key]));
const settingsText = recording => SETTINGS.map(({ key, symbol, text }) => `${symbol}\u00a0=\u00a0${text(recording[key])}`).join(', ');

/* Diverged trainings end earlier. */
const frameOf = recording => Math.min(state.frame, recording.steps.length - 1);
const framesCount = Math.max(0, ...recordings.map(recording => recording.steps.length));

const sigmasAt = (recording, frame) => {
  const size = Math.min(recording.rows, recording.cols);
  return recording.spectra.subarray(frame * size, (frame + 1) * size);
};
const normAt = (recording, frame) => Math.hypot(...sigmasAt(recording, frame));
const rankAt = (recording, frame, tau) => {
  const norm = normAt(recording, frame);
  return sigmasAt(recording, frame).filter(sigma => sigma > tau * norm).length;
};

/* A step's share of its own size in the W of a later step. */
const shareLeft = (recording, from, to) => (1 - recording.learningRate * recording.weightDecay) ** (recording.steps[to] - recording.steps[from]);

if (recordings.length > 0) {
  const shownFirst = recordings.filter(recording => recording.weightDecay === Math.max(...recordings.map(r => r.weightDecay)));
  const { batchSize, learningRate, weightDecay } = shownFirst.reduce((a, b) => (b.learningRate > a.learningRate && b.batchSize <= a.batchSize ? b : a));
  Object.assign(state, { batchSize, learningRate, weightDecay, frame: framesCount - 1, tau: 0.03 });
}

/* Frames a second; those who asked for less motion get one picture a second, however fast. */
const SPEEDS = [2, 5, 10, 20];
const calm = matchMedia('(prefers-reduced-motion: reduce)');

const player = {
  timer: null,
  speed: 10,
  get isPlaying() {
    return this.timer !== null;
  },
  pause() {
    clearTimeout(this.timer);
    this.timer = null;
    change({ frame: state.frame });
  },
  play() {
    if (state.frame >= framesCount - 1) change({ frame: 0 });
    this.next();
  },
  next() {
    this.timer = setTimeout(() => {
      if (state.frame >= framesCount - 1) {
        this.pause();
        return;
      }
      change({ frame: state.frame + 1 });
      this.next();
    }, calm.matches ? 1000 : 1000 / this.speed);
  },
  toggle() {
    if (this.isPlaying) this.pause();
    else this.play();
    change({ frame: state.frame });
  },
  step(by) {
    if (this.isPlaying) this.pause();
    change({ frame: Math.min(framesCount - 1, Math.max(0, state.frame + by)) });
  },
};
