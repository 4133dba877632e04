/** The numbers of the wire contract, for parts that need no schema: a broker does not load one. */

/** Version of the wire contract; a change of any wire schema needs a new one (see `wire.test.ts`). */
export const wireVersion = 1

/** Most bytes of one MQTT payload. */
export const payloadBytesMax = 262_144
