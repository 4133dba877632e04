/** The house rules that no tool checks: import directions, file sizes, headers, names, and what must never be in the project. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { missingFromLock, platformOf } from './complete-lock.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))

/** What each folder may import besides itself (design.md §3). */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  model: [],
  service: ['model'],
  store: ['model', 'service'],
  detect: ['model'],
  edge: ['model', 'service', 'detect'],
  broker: ['model', 'service'],
  collector: ['model', 'service', 'store', 'detect'],
  api: ['model', 'service', 'store', 'detect'],
  web: ['model'],
  sim: ['model', 'service', 'store', 'detect', 'edge', 'broker', 'collector', 'api', 'web'],
  conformance: ['model', 'service'],
  test: ['model', 'service', 'store', 'detect', 'edge', 'broker', 'collector', 'api', 'web', 'sim', 'conformance', 'bench'],
  bench: ['model', 'service', 'store', 'detect', 'edge', 'broker', 'collector', 'api', 'web', 'sim']
}
const fileLinesMax = 300

/** Tracked files and new ones that git does not ignore. */
function projectFiles(): string[] {
  const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { cwd: root, encoding: 'utf8' })
  return listed.split('\n').filter((path) => path !== '' && existsSync(join(root, path)))
}

const files = projectFiles()
const sources = files.filter((path) => /^[a-z-]+\/src\/.*\.tsx?$/.test(path))
const textOf = (path: string) => readFileSync(join(root, path), 'utf8')
const isTest = (path: string) => /\.test\.tsx?$/.test(path)

function importsOf(path: string): string[] {
  const found: string[] = []
  for (const match of textOf(path).matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)) if (match[1] !== undefined) found.push(match[1])
  return found
}

test('packages import only what the layout allows', () => {
  const wrong: string[] = []
  for (const path of sources) {
    const folder = path.split('/')[0] ?? ''
    const allowed = mayImport[folder] ?? []
    for (const imported of importsOf(path)) {
      const target = /^@tracegate\/([a-z]+)/.exec(imported)?.[1]
      if (target !== undefined && target !== folder && !allowed.includes(target)) wrong.push(`${path} imports ${imported}`)
      if (imported.startsWith('.') && !resolve(root, dirname(path), imported).startsWith(join(root, folder)))
        wrong.push(`${path} reaches out of its package: ${imported}`)
    }
  }
  assert.deepEqual(wrong, [])
})

test('every relative import names a file of the project, and none that git ignores', () => {
  const known = new Set(files)
  const wrong = sources.flatMap((path) =>
    importsOf(path)
      .filter((imported) => imported.startsWith('.') && !imported.includes('?'))
      .map((imported) => relative(root, resolve(root, dirname(path), imported)))
      .filter((target) => !known.has(target))
      .map((target) => `${path} imports ${target}`)
  )
  assert.deepEqual(wrong, [])
})

test('model imports nothing of Node, so that it runs in a browser', () => {
  const wrong = sources.filter(
    (path) => path.startsWith('model/') && !isTest(path) && importsOf(path).some((imported) => imported.startsWith('node:'))
  )
  assert.deepEqual(wrong, [])
})

test('every source file opens with a comment that says what it is for', () => {
  const wrong = sources.filter((path) => !/^(#![^\n]*\n)?\/\*\*/.test(textOf(path)))
  assert.deepEqual(wrong, [])
})

test(`no source file is longer than ${fileLinesMax} lines`, () => {
  const wrong = sources.filter((path) => !isTest(path)).filter((path) => textOf(path).split('\n').length - 1 > fileLinesMax)
  assert.deepEqual(wrong, [])
})

test('source files are named in kebab-case', () => {
  const wrong = sources.filter((path) => !/^[a-z0-9]+(-[a-z0-9]+)*(\.it)?(\.test)?(\.d)?\.tsx?$/.test(basename(path)))
  assert.deepEqual(wrong, [])
})

test('every export of a package names a file that is there', () => {
  const wrong: string[] = []
  for (const folder of Object.keys(mayImport)) {
    const manifest: unknown = JSON.parse(textOf(`${folder}/package.json`))
    const targets = JSON.stringify(manifest).matchAll(/"\.\/[a-z0-9-]+":"\.\/(src\/[^"]+)"/g)
    for (const target of targets) if (!existsSync(join(root, folder, target[1] ?? ''))) wrong.push(`${folder}: ${target[1]}`)
  }
  assert.deepEqual(wrong, [])
})

test('every package has a README', () => {
  assert.deepEqual(
    Object.keys(mayImport).filter((folder) => !existsSync(join(root, folder, 'README.md'))),
    []
  )
})

test('the two READMEs have the same sections and the same commands', () => {
  const shape = (path: string) => {
    const text = textOf(path)
    return {
      headings: [...text.matchAll(/^(#+) /gm)].map((match) => match[1]),
      commands: [...text.matchAll(/```sh\n([\s\S]*?)```/g)].map((match) => (match[1] ?? '').replaceAll(/ *#.*$/gm, '').trim())
    }
  }
  assert.deepEqual(shape('README.zh-CN.md'), shape('README.md'))
})

test('nothing names a machine path or a registry host', () => {
  const forbidden = /\/(?:work|root)\/|registry\.(?:npmjs|yarnpkg)|deb\.debian\.org|pypi\.org/i
  const own = 'test/src/tidy.test.ts'
  const wrong = files.filter((path) => path !== own && !/\.(png|wasm|ico)$/.test(path) && forbidden.test(textOf(path)))
  assert.deepEqual(wrong, [])
})

test('the lock file carries no download address', () => {
  assert.doesNotMatch(textOf('package-lock.json'), /"resolved": "http/)
})

test('the lock file holds every optional package it speaks of, or npm ci refuses it', () => {
  const lock: unknown = JSON.parse(textOf('package-lock.json'))
  assert.deepEqual(
    missingFromLock(lock).filter(({ name }) => platformOf(name) !== undefined),
    []
  )
})

test('nothing is left for later in the sources', () => {
  const wrong = sources.filter((path) => path !== 'test/src/tidy.test.ts' && /\b(TODO|FIXME|XXX|HACK)\b/.test(textOf(path)))
  assert.deepEqual(wrong, [])
})

test('every dependency is pinned to one version', () => {
  const wrong: string[] = []
  for (const path of ['package.json', ...Object.keys(mayImport).map((folder) => `${folder}/package.json`)]) {
    for (const match of textOf(path).matchAll(/"([^"]+)": "([~^*][^"]*|latest)"/g)) wrong.push(`${path}: ${match[1]} ${match[2]}`)
  }
  assert.deepEqual(wrong, [])
})
