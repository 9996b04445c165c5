// What the user has ordered, cancel or delete, until a function has carried it out and removed the order.

import { addDoc, onSnapshot, serverTimestamp } from 'firebase/firestore';

import type { CommandType, MediaType } from './generated/contract.js';
import { Live } from './live.js';
import type { Session } from './session.js';
import type { GenerationId } from './state.js';

/** By `keyOf` the generation. A deletion outweighs a cancellation. */
export type Orders = ReadonlyMap<string, CommandType>;

export function keyOf({ mediaType, fileUid }: GenerationId): string {
  return `${mediaType}/${fileUid}`;
}

/** All orders of one user: one listener, however many generations are watched. */
export class Commands extends Live<Orders> {
  constructor(private readonly session: Session) {
    super();
  }

  /** Resolves when the server has the order. Ordering the same thing twice does no harm. */
  async order(type: CommandType, { mediaType, fileUid }: GenerationId): Promise<void> {
    const command = { type, media_type: mediaType, file_uid: fileUid, created_at: serverTimestamp() };
    try {
      await addDoc(this.session.collection('commands'), command);
    } catch (error) {
      throw this.session.errorOf(error);
    }
  }

  protected start(): () => void {
    const stop = onSnapshot(
      this.session.collection('commands'),
      (snapshot) => this.publish(ordersIn(snapshot.docs.map((command) => command.data() as Partial<Order>))),
      (error) => this.fail(this.session.errorOf(error)),
    );
    return () => {
      stop();
      this.remember(undefined); // an order that is carried out meanwhile would never seem to be
    };
  }
}

interface Order {
  type: CommandType;
  media_type: MediaType;
  file_uid: string;
}

function ordersIn(commands: Partial<Order>[]): Orders {
  const orders = new Map<string, CommandType>();
  for (const { type, media_type, file_uid } of commands) {
    if (type === undefined || media_type === undefined || file_uid === undefined) continue;
    const key = keyOf({ mediaType: media_type, fileUid: file_uid });
    if (orders.get(key) !== 'delete') orders.set(key, type);
  }
  return orders;
}
