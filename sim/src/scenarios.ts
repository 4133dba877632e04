/** Starts and ends what goes wrong in the port on request; each scenario ends by itself after a while if nobody ends it. */
import type { ScenarioInfo } from '@tracegate/model/http'
import type { Logger } from '@tracegate/service/log'
import type { SimulatorControl } from '@tracegate/service/simulator'
import { simError } from './errors.ts'
import { isScenarioName, scenarioNames, scenarioTitles, type ScenarioName } from './scenario-list.ts'
import { clonedSerial, missingInspection } from './scenarios/goods-scenarios.ts'
import { complaintSurge } from './scenarios/report-scenarios.ts'
import { clockJump, lineCut } from './scenarios/line-scenarios.ts'
import { compressorFailure, doorLeftOpen, driftingSensor, powerLoss, stuckSensor } from './scenarios/plant-scenarios.ts'
import type { Breakables, Happening, Scenario } from './scenarios/scenario.ts'
import { brokenSequence, impossibleTravel, lateEvent, movedAlthoughHeld, useAfterEnd } from './scenarios/trace-scenarios.ts'

export interface Scenarios extends SimulatorControl, AsyncDisposable {}

interface Running {
  readonly startedAtMs: number
  happening: Happening | undefined
  timer: NodeJS.Timeout | undefined
}

export function createScenarios(breakables: Breakables, logger: Logger): Scenarios {
  const scenarios: Readonly<Record<ScenarioName, Scenario>> = {
    'door-left-open': doorLeftOpen(breakables),
    'compressor-failure': compressorFailure(breakables),
    'power-loss': powerLoss(breakables),
    'stuck-sensor': stuckSensor(breakables),
    'drifting-sensor': driftingSensor(breakables),
    'cloned-serial': clonedSerial(breakables),
    'missing-inspection': missingInspection(breakables),
    'impossible-travel': impossibleTravel(breakables),
    'broken-sequence': brokenSequence(breakables),
    'use-after-end': useAfterEnd(breakables),
    'moved-although-held': movedAlthoughHeld(breakables),
    'late-event': lateEvent(breakables),
    'complaint-surge': complaintSurge(breakables),
    'clock-jump': clockJump(breakables),
    'line-cut': lineCut(breakables)
  }
  const running = new Map<ScenarioName, Running>()
  const end = async (name: ScenarioName): Promise<void> => {
    const one = running.get(name)
    if (one === undefined) return
    clearTimeout(one.timer)
    running.delete(name)
    await one.happening?.end()
    logger.info({ scenario: name }, 'scenario ended')
  }
  return {
    scenarios: () => scenarioNames.map((name) => infoOf(name, running.get(name))),
    async start(text, options) {
      const name = requireName(text)
      const scenario = scenarios[name]
      const before = running.get(name)
      if (before !== undefined) throw simError('SCENARIO_RUNNING', { name, sinceIso: new Date(before.startedAtMs).toISOString() })
      const target = requireTarget(name, scenario, options?.target)
      const one: Running = { startedAtMs: breakables.nowMs(), happening: undefined, timer: undefined }
      running.set(name, one)
      try {
        one.happening = await scenario.begin(target)
      } catch (error) {
        running.delete(name)
        throw error
      }
      one.timer = setTimeout(() => {
        if (!scenario.mendsItself) running.delete(name)
        end(name).catch((error: unknown) => logger.warn({ scenario: name, error: String(error) }, 'scenario could not be put right'))
      }, scenario.lastsMs)
      one.timer.unref()
      logger.info({ scenario: name, target: one.happening.target }, 'scenario started')
      return { name, startedAtMs: one.startedAtMs, target: one.happening.target, lastsMs: scenario.lastsMs }
    },
    stop: async (text) => end(requireName(text)),
    async [Symbol.asyncDispose]() {
      for (const one of running.values()) clearTimeout(one.timer)
      running.clear()
    }
  }
}

function infoOf(name: ScenarioName, running: Running | undefined): ScenarioInfo {
  const target = running?.happening?.target
  return { name, title: scenarioTitles[name], running: running !== undefined, ...(target === undefined ? {} : { target }) }
}

function requireName(text: string): ScenarioName {
  if (!isScenarioName(text)) throw simError('SCENARIO_UNKNOWN', { name: text, known: scenarioNames.join(', ') })
  return text
}

function requireTarget(name: ScenarioName, scenario: Scenario, target: string | undefined): string | undefined {
  if (target === undefined || scenario.targets.includes(target)) return target
  const known = scenario.targets.length === 0 ? 'none, as this scenario has no choice' : scenario.targets.join(', ')
  throw simError('SCENARIO_TARGET', { name, target, known })
}
