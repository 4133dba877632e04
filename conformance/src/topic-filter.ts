/** Topic filters of MQTT. */

/** Whether a topic filter covers a topic (MQTT 3.1.1 §4.7). */
export function filterCovers(filter: string, topic: string): boolean {
  const wanted = filter.split('/')
  const levels = topic.split('/')
  for (const [index, part] of wanted.entries()) {
    if (part === '#') return true
    if (levels[index] === undefined || (part !== '+' && part !== levels[index])) return false
  }
  return wanted.length === levels.length
}
