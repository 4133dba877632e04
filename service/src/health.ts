/** Readiness of a process: named probes, each with a reason when it is not well. */

export interface HealthFinding {
  readonly name: string
  readonly ok: boolean
  readonly detail: string
}

export interface Health {
  /** Gives the function that takes the probe out again. */
  register(name: string, probe: () => Promise<{ readonly ok: boolean; readonly detail: string }>): () => void
  check(): Promise<{ readonly ok: boolean; readonly findings: HealthFinding[] }>
}

export const probeTimeoutMs = 2_000

export function createHealth(): Health {
  const probes = new Map<string, () => Promise<{ ok: boolean; detail: string }>>()
  let running: ReturnType<Health['check']> | undefined
  return {
    register(name, probe) {
      probes.set(name, probe)
      return () => probes.delete(name)
    },
    // Anybody may ask and probes read the stores: who asks while a check runs gets its answer.
    check() {
      running ??= runAll(probes).finally(() => (running = undefined))
      return running
    }
  }
}

async function runAll(probes: ReadonlyMap<string, () => Promise<{ ok: boolean; detail: string }>>) {
  const findings = await Promise.all([...probes].map(([name, probe]) => runProbe(name, probe)))
  return { ok: findings.every((finding) => finding.ok), findings }
}

async function runProbe(name: string, probe: () => Promise<{ ok: boolean; detail: string }>): Promise<HealthFinding> {
  const { promise, resolve } = Promise.withResolvers<HealthFinding>()
  const timer = setTimeout(() => resolve({ name, ok: false, detail: `no answer within ${probeTimeoutMs} ms` }), probeTimeoutMs)
  probe().then(
    (result) => resolve({ name, ...result }),
    (error: unknown) => resolve({ name, ok: false, detail: error instanceof Error ? error.message : String(error) })
  )
  try {
    return await promise
  } finally {
    clearTimeout(timer)
  }
}
