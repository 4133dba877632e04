/** What is known of brokers that tell their name, where a probe from outside cannot know. Only what was read in their source or documentation. */

const known: readonly { readonly name: RegExp; readonly durability: string }[] = [
  {
    name: /mosquitto/i,
    durability:
      'Mosquitto acknowledges from memory and writes its file every autosave_interval (30 minutes by default): a crash loses what came since'
  }
]

export function knownDurability(name: string | undefined): string | undefined {
  return name === undefined ? undefined : known.find((one) => one.name.test(name))?.durability
}
