// A screen that loses its connection while the hub can let nobody in: it tries until it is back.
import { connect, done, given, send, within } from "./client.mjs";

const cook = await connect(given.url, given.kitchen, {
  transports: given.transports, reconnection: true, reconnectionDelay: 100, reconnectionDelayMax: 200,
});
const { id } = cook;
await send(cook, "join:kitchen", { restaurantId: given.restaurantId });
let tries = 0;
cook.io.on("reconnect_attempt", () => {
  tries += 1;
});
const back = within(new Promise((resolve) => cook.once("connect", resolve)), "reconnect");
cook.on("disconnect", () => cook.io.engine.close()); // whoever is cut off is cut off
await back;
done({ recovered: cook.recovered, sameId: cook.id === id, tries }, cook);
