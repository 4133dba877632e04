/** A small JSON file in the data folder that is replaced as a whole: after a crash it holds what was before or what was to be. */
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { compileValidator } from '@tracegate/model/codec'
import type { Static, TSchema } from 'typebox'

export interface JsonFile<Value> {
  /** Undefined when there is none, or none that can be read; the latter is told. */
  read(): Value | undefined
  write(value: Value): void
}

export function createJsonFile<const Schema extends TSchema>(options: {
  readonly path: string
  readonly schema: Schema
  readonly onDamage: (detail: string) => void
}): JsonFile<Static<Schema>> {
  const { path, schema, onDamage } = options
  const validator = compileValidator(schema)
  return {
    read() {
      let text: string
      try {
        text = readFileSync(path, 'utf8')
      } catch {
        return undefined
      }
      try {
        const value: unknown = JSON.parse(text)
        const checked = validator.check(value)
        if (checked.ok) return checked.value
        onDamage(checked.reason.message)
      } catch (error) {
        onDamage(error instanceof Error ? error.message : String(error))
      }
      return undefined
    },
    write(value) {
      const next = `${path}.next`
      const file = openSync(next, 'w', 0o600)
      try {
        writeSync(file, JSON.stringify(value))
        fsyncSync(file)
      } finally {
        closeSync(file)
      }
      renameSync(next, path)
      syncFolder(dirname(path))
    }
  }
}

/** The new name is durable only with its folder. Windows cannot open one, and does not need it. */
function syncFolder(path: string): void {
  let folder: number
  try {
    folder = openSync(path, 'r')
  } catch {
    return
  }
  try {
    fsyncSync(folder)
  } catch {
    // Not every file system syncs folders.
  } finally {
    closeSync(folder)
  }
}
