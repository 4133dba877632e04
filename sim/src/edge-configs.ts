/** The configurations of the agents at the port's monitoring points: what a site engineer would have written for these devices. */
import { join } from 'node:path'
import type { EdgeConfig, EdgeDevice } from '@tracegate/edge/config'
import type { ScanRule } from '@tracegate/model/scan-event'
import type { Device } from '@tracegate/model/registers'
import type { Secrets } from './credentials.ts'
import { dockTopic, probeTopic, unitNames } from './devices/vendor-devices.ts'
import { gateDeviceName, gateNamespace } from './opcua/gate-reader.ts'
import { gateNode } from './opcua/lane-gate.ts'
import { plcVariables } from './opcua/cold-store-plc.ts'
import type { World } from './world.ts'
import { deviceIds, isNativeSlot, pointIds, probeOf, slotNames } from './world/names.ts'
import { chamberNames } from './world/products.ts'

export interface EdgeConfigOptions {
  readonly secrets: Secrets
  readonly dataDir: string
  /** Where agents reach the platform's broker. */
  readonly brokerUrl: string
  /** The yard reaches it over a line of its own, which can be cut. */
  readonly yardBrokerUrl: string
  readonly plcEndpoint: string
  readonly gateEndpoint: string
  readonly fieldUrl: string
}

export function edgeConfigs(world: World, options: EdgeConfigOptions): EdgeConfig[] {
  return [coldStoreAgent(world, options), yardAgent(world, options), gateAgent(world, options), dockAgent(world, options)]
}

function agentOf(world: World, options: EdgeConfigOptions, point: string): Omit<EdgeConfig, 'sources'> {
  const native = new Set(slotNames.filter(isNativeSlot).map(probeOf))
  const devices = world.devices.filter((device) => device.point === point && device.kind !== 'edge' && !native.has(device.id))
  return {
    point,
    agent: deviceIds.agent,
    secret: options.secrets[`${point}/${deviceIds.agent}`] ?? '',
    brokerUrl: point === pointIds.yard ? options.yardBrokerUrl : options.brokerUrl,
    dataDir: join(options.dataDir, 'edge', point),
    timeQuality: 'synchronized',
    backOffMaxMs: 5_000,
    devices: devices.map(edgeDeviceOf)
  }
}

function edgeDeviceOf({ id, kind, name, place, metrics }: Device): EdgeDevice {
  return { id, kind, name, ...(place === undefined ? {} : { place }), metrics }
}

function coldStoreAgent(world: World, options: EdgeConfigOptions): EdgeConfig {
  return {
    ...agentOf(world, options, pointIds.coldStore),
    sources: [
      {
        type: 'opcua',
        endpoint: options.plcEndpoint,
        device: deviceIds.plc,
        variables: plcVariables.map(({ metric, unit, node }) => ({ node, metric, unit, samplingMs: 200 })),
        publishingMs: 100,
        heartbeatMs: 2_000
      }
    ]
  }
}

function yardAgent(world: World, options: EdgeConfigOptions): EdgeConfig {
  const units = slotNames.flatMap((slot) => {
    const unit = unitNames[slot]
    return unit === undefined ? [] : [[unit, probeOf(slot)] as const]
  })
  return {
    ...agentOf(world, options, pointIds.yard),
    sources: [
      {
        type: 'mqtt',
        url: options.fieldUrl,
        subscriptions: [
          {
            topic: probeTopic('{device}'),
            devices: Object.fromEntries(units),
            format: {
              type: 'json',
              time: { path: '/ts', format: 'epochSeconds' },
              readings: [
                { path: '/t1', metric: 'temperature', unit: 'Cel' },
                { path: '/rh', metric: 'humidity', unit: '%' },
                { path: '/kw', metric: 'power', unit: 'kW' }
              ]
            }
          }
        ]
      }
    ]
  }
}

function gateAgent(world: World, options: EdgeConfigOptions): EdgeConfig {
  const gate = world.siteOf(pointIds.gate)
  return {
    ...agentOf(world, options, pointIds.gate),
    sources: [
      {
        type: 'opcua',
        endpoint: options.gateEndpoint,
        device: deviceIds.gateReader,
        variables: [],
        gates: [{ device: deviceIds.gateReader, node: `nsu=${gateNamespace};s=${gateNode}` }],
        autoId: {
          device: deviceIds.gateReader,
          source: gateDeviceName,
          rule: {
            readPoint: gate,
            bizLocation: gate,
            bizStep: 'entering_exiting',
            disposition: 'in_transit',
            action: 'OBSERVE',
            mode: 'observe'
          }
        }
      }
    ]
  }
}

function dockAgent(world: World, options: EdgeConfigOptions): EdgeConfig {
  const readPoint = world.siteOf(pointIds.dock)
  const observe = { readPoint, action: 'OBSERVE', mode: 'observe' } as const
  const subscription = (topic: string, rule: ScanRule) => ({
    topic,
    device: deviceIds.dockScanner,
    format: {
      type: 'scan' as const,
      dataPath: '/code',
      symbologyPath: '/sym',
      time: { path: '/ts', format: 'epochMs' as const },
      rule
    }
  })
  return {
    ...agentOf(world, options, pointIds.dock),
    sources: [
      {
        type: 'mqtt',
        url: options.fieldUrl,
        subscriptions: chamberNames.flatMap((chamber) => [
          subscription(dockTopic(chamber, 'in'), {
            ...observe,
            bizLocation: world.chambers[chamber],
            bizStep: 'storing',
            disposition: 'in_progress'
          }),
          subscription(dockTopic(chamber, 'out'), { ...observe, bizStep: 'departing', disposition: 'in_transit' })
        ])
      }
    ]
  }
}
