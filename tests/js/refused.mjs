// What the official client is told when it is not let in.
import { done, given, open, within } from "./client.mjs";

const told = {};
for (const transports of [["websocket"], ["polling"]]) {
  for (const [name, auth] of Object.entries(given.auths)) {
    const socket = open(given.url, auth ?? undefined, { transports });
    const error = await within(new Promise((resolve, reject) => {
      socket.once("connect_error", resolve);
      socket.once("connect", () => reject(new Error(`${name} was let in`)));
    }), name);
    told[`${name} by ${transports[0]}`] = { message: error.message, data: error.data ?? null };
    socket.disconnect();
  }
}
done(told);
