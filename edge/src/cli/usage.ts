/** What `--help` prints. */
import { describeOptions } from '@tracegate/service/config'
import { EdgeConfig } from '../config.ts'
import { edgePrefix } from '../configuration/load.ts'

export function usage(): string {
  return `The agent at a monitoring point.

  npm run edge -- --config edge.yaml                 runs it; changes of the file are taken while it runs (or on SIGHUP)
  npm run edge -- sample [--source <protocol>]       prints a sample configuration with every member explained
  npm run edge -- check --config edge.yaml [--json] [--wait-ms 5000]
                                                     checks the file, connects to the broker and each source, shows one
                                                     reading of each item, and ends: 0 all well, 1 something does not
                                                     answer, 2 the file is wrong. A running agent is not disturbed
  npm run edge -- browse opc.tcp://host:port [--security-mode SignAndEncrypt --security-policy Aes256_Sha256_RsaPss]
                       [--username <name> --password-variable <environment variable>] [--data-dir <folder>]
                                                     looks at an OPC UA server and prints a configuration for it
  npm run edge -- keys <folder> [--id <key id>]      makes a pair of keys for signed configurations
  npm run edge -- sign --key private.pem --key-id <id> --device <point>/<agent> --version <n> --config new.yaml
                       [--valid-ms 600000]           prints the signed order for the command topic of the agent

Members of the file, which flags and environment override:

${describeOptions(EdgeConfig, edgePrefix)}
  --config <text>  YAML or JSON file with these members
`
}
