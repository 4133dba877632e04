/**
 * How unlikely a count is against its own past: the predictive negative binomial of a Poisson rate that is known only as well as its past
 * allows. Pure numbers; knows no reports.
 */

export interface CountQuestion {
  /** Need not be whole. */
  readonly count: number
  readonly windowMs: number
  readonly baselineCount: number
  readonly baselineMs: number
  /** Gamma prior of the rate: `priorCount` events in `priorMs` are taken as seen before anything was. */
  readonly priorCount: number
  readonly priorMs: number
  /** Counts spread more than chance alone makes them (news, holidays): shape of the spread; the smaller the wider. */
  readonly dispersion: number
}

export interface CountAnswer {
  /** Expected in the window. */
  readonly expected: number
  /** Probability of so many or more without any change of the rate. */
  readonly tail: number
}

/** Rate ~ Gamma(prior + baseline), so the count of the window is negative binomial with that shape: P(X ≥ k) = I_q(k, shape). */
export function surpriseOf(question: CountQuestion): CountAnswer {
  const shapeSeen = question.priorCount + question.baselineCount
  const expected = (shapeSeen / (question.priorMs + question.baselineMs)) * question.windowMs
  // With spread of its own the past never makes the rate better known than that.
  const shape = 1 / (1 / shapeSeen + 1 / question.dispersion)
  const success = expected / (expected + shape)
  return { expected, tail: question.count <= 0 ? 1 : regularisedBeta(success, question.count, shape) }
}

const lanczos = [
  676.5203681218851, -1259.1392167224028, 771.3234287776531, -176.6150291621406, 12.507343278686905, -0.13857109526572012,
  9.984369578019572e-6, 1.5056327351493116e-7
] as const

/** Natural logarithm of the gamma function for x > 0 (Lanczos, g = 7, n = 9: 15 digits). */
export function logGamma(x: number): number {
  if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - logGamma(1 - x)
  const z = x - 1
  let sum = 0.9999999999998099
  for (const [index, coefficient] of lanczos.entries()) sum += coefficient / (z + index + 1)
  const t = z + 7.5
  return 0.5 * Math.log(2 * Math.PI) + (z + 0.5) * Math.log(t) - t + Math.log(sum)
}

const iterationsMax = 500
const precision = 1e-14
const tiny = 1e-300

/** I_x(a, b) for a, b > 0, by its continued fraction (DLMF 8.17.22, modified Lentz). */
export function regularisedBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0
  if (x >= 1) return 1
  // The fraction converges fast on the near side of the mean only.
  if (x > (a + 1) / (a + b + 2)) return 1 - regularisedBeta(1 - x, b, a)
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x)) / a
  let c = 1
  let d = 1 / notZero(1 - ((a + b) * x) / (a + 1))
  let fraction = d
  for (let m = 1; m <= iterationsMax; m += 1) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m))
    d = 1 / notZero(1 + even * d)
    c = notZero(1 + even / c)
    fraction *= d * c
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1))
    d = 1 / notZero(1 + odd * d)
    c = notZero(1 + odd / c)
    const step = d * c
    fraction *= step
    if (Math.abs(step - 1) < precision) break
  }
  return Math.min(1, front * fraction)
}

function notZero(value: number): number {
  return Math.abs(value) < tiny ? tiny : value
}
