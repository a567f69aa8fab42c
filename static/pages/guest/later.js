// What a guest's page has no need of before its menu is on the screen.

export { Asker } from "../../parts/asker.js";
export { Banner } from "../../parts/banner.js";
export { CartBar } from "./cart.js";
export { show } from "./hearing.js";
export { connect, remembered } from "./line.js";
export { OrdersView } from "./orders.js";
