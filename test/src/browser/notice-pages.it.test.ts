/** The public pages of notices as a person sees them: accessible, fitting a phone, without script or foreign requests, in both languages and in print. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser } from 'playwright-core'
import { startApi, type Api } from '@tracegate/api/api'
import { openAccounts } from '@tracegate/api/accounts'
import { reduceWarning, type WarningStep } from '@tracegate/model/warning-reducer'
import { createBus } from '@tracegate/service/bus'
import { createHealth } from '@tracegate/service/health'
import { silentLogger } from '@tracegate/service/log'
import { createMetrics } from '@tracegate/service/metrics'
import { createMemoryCaseStore } from '@tracegate/store/memory-case'
import { createMemoryTelemetryStore } from '@tracegate/store/memory-telemetry'
import { createMemoryTraceStore } from '@tracegate/store/memory-trace'
import { assertAccessible, assertFits, launchBrowser, needsChromium, picture, visit } from './console-browser.ts'

const number = 'TG-2026-0001'
const startMs = Date.UTC(2026, 10, 23, 8)
const reason = { zh: '因', en: 'reason' }
const criteria = { harm: { value: 4, reason }, urgency: { value: 3, reason }, scope: { value: 1, reason } }
const product = 'https://id.gs1.org/01/09506000134352'
const content = {
  title: { zh: '疫苗冷链失效', en: 'Vaccine cold chain failure' },
  hazard: 'biological' as const,
  regime: 'general' as const,
  kind: 'publicAnnouncement' as const,
  level: 'II' as const,
  startMs,
  range: { regions: ['CNSHG', '310115'], hsPrefixes: ['3002'], brands: ['Brand'] },
  matters: { zh: '储存温度超过 8 °C 达六小时，可能失去药效。', en: 'Kept above 8 °C for six hours: it may have lost its effect.' },
  advice: { zh: '请勿使用，并联系接种单位。', en: 'Do not use it, and ask where you were vaccinated.' },
  audience: {},
  measuresStated: ['suspendSale' as const, 'recall' as const]
}
const { title, hazard, regime, matters } = content
const scope = { exposed: [], products: [product], lots: [`${product}/10/LOT-7`], holdings: [], total: 1, truncated: false, asOfMs: startMs }
const proposal = { level: content.level, criteria, table: { id: 't', version: 1, source: '[ours]' }, reason }
const draft = { title, hazard, regime, matters, proposal, scope, startMs, draftedAtMs: startMs, draftedAfterMs: 1, drill: false }
const steps: WarningStep[] = [
  { type: 'drafted', content: draft },
  { type: 'assessed', policyVersion: 1, content, criteria, assessment: 'A-1' },
  { type: 'approved', policyVersion: 1 },
  { type: 'published', policyVersion: 1, number, mandatoryMeasures: ['suspendSale'] },
  { type: 'raised', policyVersion: 1, content: { ...content, level: 'I' }, mandatoryMeasures: ['suspendSale'] },
  { type: 'linked', evaluations: ['E-1'] },
  { type: 'lifted', policyVersion: 1, evaluation: 'E-1' }
]

let browser: Browser
let api: Api
const skip = needsChromium()

before(async () => {
  if (skip.skip !== false) return
  const cases = createMemoryCaseStore()
  for (const [id, count] of [
    ['W-2026-000001', steps.length],
    ['W-2026-000002', 4]
  ] as const) {
    let state: ReturnType<typeof reduceWarning> | undefined
    for (const [index, one] of steps.slice(0, count).entries()) {
      const step: WarningStep = one.type === 'published' && id.endsWith('2') ? { ...one, number: 'TG-2026-0002' } : one
      const atMs = startMs + index * 3_600_000
      state = reduceWarning(state, step, { id, atMs, by: 'test', why: 'test' })
      const head = { open: state.status === 'published', state }
      await cases.append({
        kind: 'warning',
        id,
        expectedLength: index,
        step: { atMs, by: 'test', action: step.type, why: 'test', data: step },
        head
      })
    }
  }
  await cases.put('accounts', 'nobody', {})
  const stores = { cases, telemetry: createMemoryTelemetryStore(), trace: createMemoryTraceStore() }
  const skeleton = { bus: createBus(() => undefined), health: createHealth(), metrics: createMetrics(), logger: silentLogger }
  const mail = { host: '127.0.0.1', port: 1, security: 'none', from: 'warnings@example.org' } as const
  api = await startApi({
    host: '127.0.0.1',
    port: 0,
    ...stores,
    ...skeleton,
    accounts: await openAccounts({ cases }),
    publication: { mail }
  })
  browser = await launchBrowser()
})
after(async () => {
  if (skip.skip !== false) return
  await browser.close()
  await api[Symbol.asyncDispose]()
})

test('the page of a warning, lifted or in force, and its versions are readable by everybody', skip, async () => {
  for (const [path, look] of [
    [`/w/${number}`, { language: 'zh' }],
    [`/w/${number}/1`, { language: 'en', phone: true }],
    ['/w/TG-2026-0002', { language: 'en', dark: true }]
  ] as const) {
    await using seen = await visit(browser, api.url, look)
    await seen.page.goto(path)
    await assertAccessible(seen.page, path)
    await assertFits(seen.page, path)
    assert.deepEqual(seen.offences, [])
    assert.equal(await seen.page.locator('script').count(), 0)
    await picture(seen.page, `notice-${look.language}${'phone' in look ? '-phone' : ''}${'dark' in look ? '-dark' : ''}`)
  }
})

test('people find a warning by its code, turn to its versions and see that it is over', skip, async () => {
  await using seen = await visit(browser, api.url, { language: 'en' })
  const { page } = seen
  await page.goto('/w')
  await page.locator('input[name=code]').fill('(01)09506000134352(10)LOT-7')
  await page.locator('form[role=search] button').click()
  await page.getByText('2 found').waitFor()
  await assertAccessible(page, 'the enquiry')
  await picture(page, 'notice-enquiry')
  await page.locator(`main a[href="/w/${number}"]`).first().click()
  await page.getByText('This warning was lifted on').waitFor()
  await picture(page, 'notice-lifted')
  await page.locator(`main a[href="/w/${number}/1"]`).click()
  await page.getByText('This is an earlier version').waitFor()
  await page.emulateMedia({ media: 'print' })
  assert.ok(!(await page.locator('header nav').isVisible()))
  await picture(page, 'notice-print')
  assert.deepEqual(seen.offences, [])
})

test('the form to subscribe is used without a mouse and without script', skip, async () => {
  await using seen = await visit(browser, api.url, { language: 'zh', phone: true })
  const { page } = seen
  await page.goto('/alerts')
  await assertAccessible(page, 'the form')
  await assertFits(page, 'the form')
  await page.locator('input[name=address]').fill('ann@example.org')
  await page.locator('input[name=hsPrefixes]').fill('9503, 30')
  await page.locator('input[name=address]').press('Enter')
  await page.getByText('确认邮件已发出').waitFor()
  await picture(page, 'notice-alerts')
  assert.deepEqual(seen.offences, [])
})
