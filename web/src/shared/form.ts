/** Reads a field of a form. */

/** What was typed into the field of that name; empty when there is none. */
export function fieldOf(form: HTMLFormElement, name: string): string {
  const value = new FormData(form).get(name)
  return typeof value === 'string' ? value : ''
}
