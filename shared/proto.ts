/** The wire as Node sees it: the proto file, loaded with the very options that the generated types in proto/gen assume. */
import { loadPackageDefinition } from '@grpc/grpc-js'
import { loadSync } from '@grpc/proto-loader'
import type { MessageTypeDefinition } from '@grpc/proto-loader'
import { fileURLToPath } from 'node:url'
import type { Order, Order__Output } from '../proto/gen/muster/v1/Order.ts'
import type { ProtoGrpcType } from '../proto/gen/session.ts'

const protoRoot = fileURLToPath(new URL('../proto', import.meta.url))

const definition = loadSync('muster/v1/session.proto', {
  includeDirs: [protoRoot],
  longs: Number,
  enums: String,
  defaults: true,
  arrays: true,
  objects: true,
  oneofs: true,
})

const loaded = loadPackageDefinition(definition) as unknown as ProtoGrpcType

/** The client's constructor; `Sessions.service` is what a server implements. */
export const Sessions = loaded.muster.v1.Sessions

/** Orders are signed as bytes, so they are serialized apart from the frames that carry them. */
export const orderMessage = definition['muster.v1.Order'] as MessageTypeDefinition<Order, Order__Output>

/** A frame beyond it ends the stream: bounds what one peer can make the other hold in memory. Both ends set it for both directions. */
export const FRAME_MAX_BYTES = 1024 * 1024
