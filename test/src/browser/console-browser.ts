/**
 * Debian's Chromium as a person before the pages: it signs in through the form, and keeps what no page may do, complain in the
 * console or ask another server.
 */
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { AxeBuilder } from '@axe-core/playwright'
import { chromium, type Browser, type Page } from 'playwright-core'
import type { Language } from '@tracegate/model/text'

const executablePath = '/usr/bin/chromium'
const pictures = fileURLToPath(new URL('../../out', import.meta.url))
const rules = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']
/** How long a page may take to show what it is asked for. */
export const shownWithinMs = 15_000

/** Options of a test that needs the browser: skips with the reason where there is none, except in CI, where the test then fails. */
export function needsChromium(): { readonly skip: string | false } {
  return { skip: existsSync(executablePath) || process.env['CI'] === 'true' ? false : `needs ${executablePath}` }
}

export async function launchBrowser(): Promise<Browser> {
  await mkdir(pictures, { recursive: true })
  return chromium.launch({
    executablePath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync'
    ]
  })
}

export interface Look {
  readonly language: Language
  readonly dark?: boolean
  readonly phone?: boolean
}

export interface Visit extends AsyncDisposable {
  readonly page: Page
  /** What the pages did that they must not do. */
  readonly offences: readonly string[]
}

/** A person's browser with nothing kept from before; `forgiven` are console messages that belong to the test. */
export async function visit(browser: Browser, origin: string, look: Look, forgiven: readonly RegExp[] = []): Promise<Visit> {
  const context = await browser.newContext({
    baseURL: origin,
    viewport: look.phone === true ? { width: 390, height: 844 } : { width: 1_440, height: 900 },
    colorScheme: look.dark === true ? 'dark' : 'light',
    locale: look.language === 'zh' ? 'zh-CN' : 'en-GB',
    timezoneId: 'Asia/Shanghai'
  })
  const page = await context.newPage()
  page.setDefaultTimeout(shownWithinMs)
  const offences: string[] = []
  // Asking who is signed in is how the console learns that nobody is.
  const expected = [/status of 401 .*\/api\/v1\/session$/, ...forgiven]
  page.on('console', (message) => {
    const text = `${message.text()} ${message.location().url}`
    if (message.type() === 'error' && !expected.some((one) => one.test(text))) offences.push(`console: ${text}`)
  })
  page.on('pageerror', (error) => offences.push(`error: ${error.message}`))
  context.on('request', (request) => {
    const url = new URL(request.url())
    if (url.origin !== origin && url.protocol !== 'data:' && url.protocol !== 'blob:') offences.push(`request to ${url.href}`)
  })
  return { page, offences, [Symbol.asyncDispose]: () => context.close() }
}

export interface SignIn {
  readonly name: string
  readonly password: string
}

export async function signIn(page: Page, { name, password }: SignIn): Promise<void> {
  await page.goto('/')
  await page.getByTestId('sign-in-form').waitFor()
  await page.locator('input[name=name]').fill(name)
  await page.locator('input[name=password]').fill(password)
  await page.locator('[type=submit]').click()
  await page.getByTestId('connection-chip').waitFor()
}

/** Presses Tab until the element has the focus, as a person without a mouse would. */
export async function tabTo(page: Page, selector: string, stepsMax = 80): Promise<void> {
  const focused = page.locator(`${selector}:focus`)
  for (let step = 0; step < stepsMax; step += 1) {
    if ((await focused.count()) > 0) return
    await page.keyboard.press('Tab')
  }
  assert.fail(`${stepsMax} tabs in vain to ${selector}`)
}

/** Fails with each serious or critical finding and where it is. */
export async function assertAccessible(page: Page, where: string): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).withTags(rules).analyze()
  const grave = violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target.join(' ')).join(', ')}`)
  assert.deepEqual(grave, [], `${where}: accessibility`)
}

/** Nothing is wider than the screen but what scrolls by itself. */
export async function assertFits(page: Page, where: string): Promise<void> {
  const beyond: unknown = await page.evaluate('document.documentElement.scrollWidth - window.innerWidth')
  assert.ok(typeof beyond === 'number' && beyond <= 0, `${where} is ${String(beyond)} px wider than the screen`)
}

export async function picture(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: join(pictures, `${name}.png`), fullPage: true })
}

/** The text of an element, waiting for it. */
export async function textOf(page: Page, testId: string): Promise<string> {
  return (await page.getByTestId(testId).first().innerText()).trim()
}
