/** Who may connect to the broker, and what for. */

/** device: its own topics. edge: the topics of every device at its point. service: everything (collector, api). */
export const identityRoles = ['device', 'edge', 'service'] as const
export type IdentityRole = (typeof identityRoles)[number]

export interface ClientIdentity {
  readonly role: IdentityRole
  /** Empty for a service. */
  readonly point: string
  /** Device id, agent id or service name. */
  readonly device: string
}

export interface ConnectRequest {
  readonly clientId: string
  /** `{point}/{device}`, or the name of a service. */
  readonly username: string | undefined
  readonly password: Uint8Array | undefined
}

export interface DeviceDirectory {
  /** Gives the identity, or undefined when the secret is wrong or the client unknown. Never throws for bad input. */
  authenticate(request: ConnectRequest): Promise<ClientIdentity | undefined>
}
