/** The pages as people meet them: the whole product runs, a compressor fails, and Chromium looks at what the console and the trace page say. */
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { connectAsync } from 'mqtt'
import type { Browser, Page } from 'playwright-core'
import { Type } from 'typebox'
import { compileValidator } from '@tracegate/model/codec'
import type { Language } from '@tracegate/model/text'
import type { WarningCase } from '@tracegate/model/warning'
import { WarningPage } from '../system/answers.ts'
import { freePort, startProduct, temporaryFolder, waitFor, type RunningProduct } from '../system/product.ts'
import {
  assertAccessible,
  assertFits,
  launchBrowser,
  needsChromium,
  picture,
  shownWithinMs,
  signIn,
  tabTo,
  textOf,
  visit,
  type Look,
  type SignIn
} from './console-browser.ts'

const warnings = compileValidator(WarningPage)
const secrets = compileValidator(Type.Record(Type.String(), Type.String()))
const looks: readonly Look[] = [
  { language: 'zh' },
  { language: 'en', dark: true },
  { language: 'zh', dark: true, phone: true },
  { language: 'en', phone: true }
]

describe('the pages', { ...needsChromium(), timeout: 150_000 }, () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>
  let product: RunningProduct
  let browser: Browser
  let account: SignIn
  let httpPort: number
  let draft: WarningCase

  before(async () => {
    folder = await temporaryFolder()
    httpPort = await freePort()
    ;[product, browser] = await Promise.all([startProduct(folder.path, { speed: 240, httpPort }), launchBrowser()])
    const { firstSignIn, simulator } = product.all
    assert.ok(firstSignIn)
    assert.ok(simulator)
    account = firstSignIn
    const place = simulator.world.chambers.vaccine
    await waitFor('goods in the chamber', 60_000, () =>
      simulator.groundTruth.exposed(place, Date.now(), Date.now()).length > 0 ? true : undefined
    )
    await simulator.control.start('compressor-failure', { target: 'vaccine' })
    draft = await waitFor('the warning draft', 60_000, () => draftOf(product))
  })

  after(async () => {
    await browser?.close()
    await product?.[Symbol.asyncDispose]()
    await folder?.[Symbol.asyncDispose]()
  })

  for (const look of looks) {
    const name = `${look.language}-${look.dark === true ? 'dark' : 'light'}-${look.phone === true ? 'phone' : 'desk'}`
    test(`every view is live, complete, accessible and within the screen: ${name}`, async () => {
      await using person = await visit(browser, product.all.url, look)
      const { page } = person
      const seen = async (view: string) => {
        await picture(page, `${view}-${name}`)
        await assertFits(page, view)
        // Colours and names are the same on a phone; looking twice would only take long.
        if (look.phone !== true) await assertAccessible(page, view)
      }
      await page.goto('/')
      await page.getByTestId('sign-in-form').waitFor()
      await seen('sign-in')
      await signIn(page, account)
      assert.equal(await page.locator('html').getAttribute('lang'), look.language === 'zh' ? 'zh-CN' : 'en')
      await lookAtOverview(page, draft, look.language)
      await seen('overview')
      await lookAtPoint(page, draft)
      await seen('point')
      await lookAtLists(page, draft, look.language)
      await seen('warnings')
      await lookAtWarning(page, product, draft, look.language)
      await seen('warning')
      await lookAtTracePage(page, draft)
      await seen('trace-page')
      assert.deepEqual(person.offences, [])
    })
  }

  test('anomaly, trace and help say what they are about and are accessible', async () => {
    await using person = await visit(browser, product.all.url, { language: 'zh', dark: true })
    const { page } = person
    await signIn(page, account)
    await page.goto(`/anomalies/${encodeURIComponent(draft.anomaly ?? '')}`)
    await page.getByTestId('anomaly-figures').waitFor()
    await page.getByTestId('goods-table').waitFor()
    await picture(page, 'anomaly')
    await assertAccessible(page, 'anomaly')
    await page.goto(`/trace?of=${encodeURIComponent(itemOf(draft))}`)
    await page.getByTestId('journey').waitFor()
    await page.getByRole('tab').nth(1).click()
    await page.getByTestId('trace-graph').waitFor()
    await picture(page, 'trace')
    await assertAccessible(page, 'trace')
    await page.keyboard.press('?')
    await page.getByRole('dialog').waitFor()
    await picture(page, 'help')
    await assertAccessible(page, 'help')
    assert.deepEqual(person.offences, [])
  })

  test('with the keyboard alone a person signs in and opens the warning', async () => {
    await using person = await visit(browser, product.all.url, { language: 'en' })
    const { page } = person
    await page.goto('/')
    await page.getByTestId('sign-in-form').waitFor()
    await tabTo(page, 'input[name=name]')
    await page.keyboard.type(account.name)
    await tabTo(page, 'input[name=password]')
    await page.keyboard.type(account.password)
    await page.keyboard.press('Enter')
    await page.getByTestId('connection-chip').waitFor()
    await tabTo(page, 'nav a[href="/warnings"]')
    await page.keyboard.press('Enter')
    await page.getByTestId(`warning-${draft.id}`).waitFor()
    await tabTo(page, `[data-testid="warning-${draft.id}"] a`)
    await page.keyboard.press('Enter')
    await page.getByTestId('warning-page').waitFor()
    assert.deepEqual(person.offences, [])
  })

  test('a scenario is started and ended on the simulator page', async () => {
    await using person = await visit(browser, product.all.url, { language: 'zh' })
    const { page } = person
    await signIn(page, account)
    await page.goto('/simulator')
    const card = page.getByTestId('scenario-stuck-sensor')
    const running = () => product.all.simulator?.control.scenarios().find((one) => one.name === 'stuck-sensor')?.running
    await page.getByTestId('scenario-button-stuck-sensor').click()
    await page.locator('[data-testid="scenario-stuck-sensor"][data-running="true"]').waitFor()
    assert.equal(running(), true)
    await picture(page, 'simulator')
    await card.getByRole('button').click()
    await page.locator('[data-testid="scenario-stuck-sensor"][data-running="false"]').waitFor()
    assert.equal(running(), false)
    assert.deepEqual(person.offences, [])
  })

  test('a typed code shows the journey, an unreadable one says what is read, without signing in', async () => {
    await using person = await visit(browser, product.all.url, { language: 'zh' }, [/status of 400 .*\/public\/lookup/])
    const { page } = person
    await page.goto('/t/')
    await page.getByTestId('code-input').fill(bracketed(itemOf(draft)))
    await page.keyboard.press('Enter')
    await page.getByTestId('journey').waitFor()
    assert.match(await textOf(page, 'journey'), /入库存放/)
    await page.getByTestId('code-input').fill('not a code')
    await page.keyboard.press('Enter')
    assert.match(await textOf(page, 'problem'), /CODE_UNREADABLE/)
    // A well-formed code of something that nobody reported: an answer, not a fault.
    await page.getByTestId('code-input').fill('(01)09506000134352(21)NOBODY')
    await page.keyboard.press('Enter')
    await page.getByTestId('trace-result').waitFor()
    assert.match(await textOf(page, 'trace-result'), /09506000134352/)
    await picture(page, 'trace-page-unknown')
    assert.deepEqual(person.offences, [])
  })

  test('what was refused stands in the dead letters with its bytes', async () => {
    const file = secrets.check(JSON.parse(await readFile(join(folder.path, 'sim', 'credentials.json'), 'utf8')))
    assert.ok(file.ok)
    const device = await connectAsync(`mqtt://127.0.0.1:${product.all.ports.mqtt}`, {
      username: 'replay/recorder',
      password: file.value['replay/recorder'] ?? '',
      reconnectPeriod: 0
    })
    await device.publishAsync('tg/v1/replay/d1/telemetry', '{"broken":', { qos: 1 })
    await device.endAsync()
    await using person = await visit(browser, product.all.url, { language: 'en', dark: true })
    const { page } = person
    await signIn(page, account)
    await page.goto('/dead-letters')
    const row = page.getByTestId('dead-letter-table').locator('tbody tr', { hasText: 'tg/v1/replay/d1/telemetry' })
    await row.getByRole('button').click()
    const dialog = page.getByRole('dialog')
    await dialog.waitFor()
    assert.match(await dialog.innerText(), /"broken":/)
    await picture(page, 'dead-letters')
    await assertAccessible(page, 'dead letters')
    assert.deepEqual(person.offences, [])
  })

  test('a restart of the server is seen, asks for the password again, and the console is live again', async () => {
    // The browser itself reports the refused connections and the ended session.
    const gone = [/ERR_/, /status of 401/]
    await using person = await visit(browser, product.all.url, { language: 'en' }, gone)
    const { page } = person
    await signIn(page, account)
    await chipSays(page, 'live')
    await product[Symbol.asyncDispose]()
    await chipSays(page, 'reconnecting')
    await picture(page, 'reconnecting')
    product = await startProduct(folder.path, { speed: 240, httpPort })
    await page.getByTestId('sign-in-form').waitFor({ timeout: 30_000 })
    await signIn(page, account)
    await chipSays(page, 'live')
    await page.getByTestId('warning-banner').waitFor()
    assert.deepEqual(person.offences, [])
  })
})

async function draftOf({ client }: RunningProduct, id?: string): Promise<WarningCase | undefined> {
  const page = warnings.check((await client.ask('/api/v1/warnings')).body)
  assert.ok(page.ok, page.ok ? '' : page.reason.message)
  return page.value.items.find((one) => (id === undefined ? one.proposal.criteria.harm.value === 4 : one.id === id))
}

async function lookAtOverview(page: Page, draft: WarningCase, language: Language): Promise<void> {
  await page.getByTestId(`point-${draft.point ?? ''}`).waitFor()
  assert.equal(await page.getByTestId(`point-${draft.point ?? ''}`).getAttribute('data-status'), 'warning')
  assert.ok((await textOf(page, 'warning-banner')).includes(draft.title[language]))
  await moves('the count of readings', () => textOf(page, 'readings-total'))
  await chipSays(page, 'live')
  await page.getByTestId('anomaly-table').waitFor()
}

async function lookAtPoint(page: Page, draft: WarningCase): Promise<void> {
  await page
    .getByTestId(`point-${draft.point ?? ''}`)
    .getByRole('link')
    .click()
  const place = `place-${draft.place ?? ''}`
  await page.getByTestId(place).waitFor()
  await moves('the readings of the place', () => page.getByTestId(place).locator('.watches').innerText())
  await page.getByTestId(place).locator('canvas').waitFor()
  assert.ok((await page.getByTestId('device-table').locator('tbody tr').count()) >= 2)
}

async function lookAtLists(page: Page, draft: WarningCase, language: Language): Promise<void> {
  await page.locator('nav a[href="/anomalies"]').click()
  await page.getByTestId(`anomaly-${draft.anomaly}`).waitFor()
  await page.locator('nav a[href="/warnings"]').click()
  const row = page.getByTestId(`warning-${draft.id}`)
  assert.ok((await row.innerText()).includes(draft.title[language]))
}

async function lookAtWarning(page: Page, product: RunningProduct, draft: WarningCase, language: Language): Promise<void> {
  await page.getByTestId(`warning-${draft.id}`).getByRole('link').click()
  const article = page.getByTestId('warning-page')
  await article.waitFor()
  assert.equal(await article.getAttribute('data-status'), 'draft')
  await waitFor('level and scope as the api has them', shownWithinMs, async () => {
    const now = await draftOf(product, draft.id)
    const shown = (await textOf(page, 'scope-total')).replaceAll(',', '')
    const level = await article.getAttribute('data-level')
    return now !== undefined && level === now.proposal.level && shown === `${now.scope.total}` ? true : undefined
  })
  assert.ok((await article.locator('h1').innerText()).includes(draft.title[language]))
  const reasons = await textOf(page, 'level-reasons')
  for (const name of ['harm', 'urgency', 'scope'] as const) await page.getByTestId(`criterion-${name}`).waitFor()
  assert.ok(reasons.includes(draft.proposal.criteria.harm.reason[language]), reasons)
  assert.ok((await page.getByTestId('goods-table').locator('tbody tr').count()) >= draft.scope.exposed.length)
  assert.ok((await page.getByTestId('holdings-table').locator('tbody tr').count()) > 0)
  await page.getByTestId('trace-graph').waitFor()
  await page.getByTestId('trace-list').locator('li').first().waitFor()
  await article.locator('canvas').waitFor()
  const journal = await textOf(page, 'journal-table')
  if (language === 'zh') assert.doesNotMatch(journal, /anomaly|changed/)
}

async function lookAtTracePage(page: Page, draft: WarningCase): Promise<void> {
  await page.goto(`/t/?code=${encodeURIComponent(itemOf(draft))}`)
  await page.getByTestId('journey').waitFor()
  // A draft is not published: the public does not hear of it.
  await page.getByTestId('no-warning').waitFor()
}

function itemOf(draft: WarningCase): string {
  const item = draft.scope.exposed.find(({ key }) => key.includes('/21/'))
  assert.ok(item)
  return item.key
}

/** `(01)09506000134352(21)4711` of an item's key. */
function bracketed(key: string): string {
  const [, gtin = '', serial = ''] = /\/01\/(\d+)\/21\/(.+)$/.exec(key) ?? []
  return `(01)${gtin}(21)${serial}`
}

async function moves(what: string, read: () => Promise<string>): Promise<void> {
  const before = await read()
  await waitFor(`${what} to move`, shownWithinMs, async () => ((await read()) === before ? undefined : true))
}

async function chipSays(page: Page, state: string): Promise<void> {
  await page.locator(`[data-testid="connection-chip"][data-state="${state}"]`).waitFor()
}
