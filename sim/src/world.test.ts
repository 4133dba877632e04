/** The simulated world holds valid numbers and the same seed makes it again. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { checkMod10 } from '@tracegate/model/gs1/check-digit'
import { canonicalKey, keyKind } from '@tracegate/model/gs1/key'
import { compileValidator } from '@tracegate/model/codec'
import { Device, MonitoringPoint, Party, Place, Product, ProductProfile } from '@tracegate/model/registers'
import { createDeviceDirectory } from '@tracegate/service/device-directory'
import { createMemoryCaseStore } from '@tracegate/store/memory-case'
import { enrol, secretsPathOf } from './credentials.ts'
import { createWorld, seedRegisters } from './world.ts'

const world = createWorld({ seed: 1 })

test('every number of the world has a valid check digit and stands in the range for examples', () => {
  const numbers = [
    ...world.parties.map((party) => party.gln),
    ...world.points.map((point) => point.operator),
    ...world.products.map((product) => product.gtin),
    ...world.places.map((place) => /\/414\/(\d{13})/.exec(place.key)?.[1] ?? ''),
    ...Object.values(world.goods).flatMap((goods) => goods.raw.map((raw) => raw.gtin))
  ]
  for (const number of numbers) {
    assert.deepEqual(checkMod10(number), { ok: true }, number)
    assert.match(number, /^0?952/)
  }
})

test('every row of the world matches its register schema', () => {
  const rows = [
    [compileValidator(Party), world.parties],
    [compileValidator(MonitoringPoint), world.points],
    [compileValidator(Place), world.places],
    [compileValidator(Device), world.devices],
    [compileValidator(Product), world.products],
    [compileValidator(ProductProfile), world.profiles]
  ] as const
  for (const [validator, documents] of rows) for (const document of documents) assert.deepEqual(validator.reasons(document), [])
})

test('every key of the world is canonical and every reference leads somewhere', () => {
  const places = new Set(world.places.map((place) => place.key))
  assert.equal(places.size, world.places.length)
  for (const key of [...places, ...world.products.map((product) => product.key), ...world.parties.map((party) => party.key)])
    assert.equal(canonicalKey(key), key)
  for (const key of places) assert.equal(keyKind(key), 'place')
  const profiles = new Set(world.profiles.map((profile) => profile.id))
  const devices = new Map(world.devices.map((device) => [`${device.point}/${device.id}`, device]))
  for (const point of world.points) for (const key of point.places) assert.ok(places.has(key))
  for (const place of world.places) {
    if (place.profile !== undefined) assert.ok(profiles.has(place.profile))
    for (const watch of place.watches) {
      const declared = devices.get(`${place.point}/${watch.device}`)?.metrics.find((metric) => metric.metric === watch.metric)
      assert.equal(declared?.unit, watch.unit, `${place.point}/${watch.device}/${watch.metric}`)
    }
  }
})

test('seedRegisters() writes every row once and leaves what the platform learnt of a device', async () => {
  const cases = createMemoryCaseStore()
  await seedRegisters(cases, world)
  const [first] = world.devices
  assert.ok(first)
  const id = `${first.point}/${first.id}`
  await cases.put('devices', id, { ...first, online: true })
  await seedRegisters(cases, createWorld({ seed: 1, speed: 1 }))
  const kept = await cases.get('devices', id)
  assert.deepEqual(kept?.document, { ...first, online: true })
  assert.equal((await cases.get('parties', world.parties[0]?.gln ?? ''))?.version, 1)
  assert.equal((await cases.get('profiles', 'vaccine-2-8'))?.version, 2)
  assert.equal((await cases.list('places')).length, world.places.length)
  await cases.close()
})

test('enrol() makes one secret a device, keeps it at the next start and opens the broker with it', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'tracegate-sim-'))
  try {
    const cases = createMemoryCaseStore()
    const secrets = await enrol(cases, world, dataDir)
    assert.deepEqual(await enrol(cases, world, dataDir), secrets)
    assert.equal(new Set(Object.values(secrets)).size, world.devices.length)
    assert.equal((await stat(secretsPathOf(dataDir))).mode & 0o777, 0o600)
    const directory = createDeviceDirectory({ register: cases })
    const password = new TextEncoder().encode(secrets['replay/recorder'])
    const identity = await directory.authenticate({ clientId: 'x', username: 'replay/recorder', password })
    assert.partialDeepStrictEqual(identity, { role: 'edge', point: 'replay', device: 'recorder' })
    assert.equal(await directory.authenticate({ clientId: 'x', username: 'shanghai-dock/agent', password }), undefined)
    await cases.close()
  } finally {
    await rm(dataDir, { recursive: true, force: true })
  }
})
