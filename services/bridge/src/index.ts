export { type Bridge, type BridgeOptions, createBridge } from './app.ts'
export { type AssertionKeys, KeysUnavailableError } from './assertion/assertion-keys.ts'
export { type BridgeConfig, environmentSchema, readBridgeConfig } from './config.ts'
