// A screen that is cut off while the hub can let nobody in: it tries until it is back.
import { connect, done, given, send, within } from "./client.mjs";

const cook = await connect(given.url, given.kitchen, {
  transports: ["websocket"], reconnection: true, reconnectionDelay: 100, reconnectionDelayMax: 200,
});
const { id } = cook;
let tries = 0;
cook.io.on("reconnect_attempt", () => {
  tries += 1;
});
const back = new Promise((resolve) => cook.once("disconnect", () => cook.once("connect", resolve)));
await send(cook, "join:kitchen", { restaurantId: given.restaurantId });
await within(back, "reconnect");
done({ recovered: cook.recovered, sameId: cook.id === id, tries }, cook);
