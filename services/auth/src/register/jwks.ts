export { publicJwks } from '../clients/metadata-schema.ts'
